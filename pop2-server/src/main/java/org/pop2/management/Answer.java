package org.pop2.management;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answer to a request.
 *
 * @param status of HTTP
 * @param type of the body
 * @param body text, sent as UTF-8
 * @param headers further ones
 */
record Answer(int status, String type, String body, Map<String, String> headers) {
    private static final Logger LOG = LoggerFactory.getLogger(Answer.class);

    static final String TEXT = "text/plain; charset=utf-8";
    static final String JSON = "application/json";
    static final String HTML = "text/html; charset=utf-8";

    Answer(int status, String type, String body) {
        this(status, type, body, Map.of());
    }

    static Answer json(int status, Object value) {
        return new Answer(status, JSON, Json.of(value));
    }

    static Answer problem(int status, String text) {
        return json(status, Map.of("error", text));
    }

    /** For an unexpected error. */
    static Answer defect(Throwable error) {
        LOG.atError().setCause(error).log("management-request-failed");
        return problem(500, "this is a defect; the log has more");
    }

    Answer with(String header, String value) {
        return new Answer(status, type, body, Map.of(header, value));
    }
}
