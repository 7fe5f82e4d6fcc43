package org.pop2.management;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What is sent for a request.
 *
 * @param status of HTTP
 * @param type of the body
 * @param body octets, UTF-8 where it is text
 * @param headers further ones
 */
record Answer(int status, String type, byte[] body, Map<String, String> headers) {
    static final String TEXT = "text/plain; charset=utf-8";
    static final String JSON = "application/json";
    static final String HTML = "text/html; charset=utf-8";

    Answer(int status, String type, String body) {
        this(status, type, body.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Answer json(int status, Object value) {
        return new Answer(status, JSON, Json.of(value));
    }

    static Answer problem(int status, String text) {
        return json(status, Map.of("error", text));
    }

    Answer with(String header, String value) {
        return new Answer(status, type, body, Map.of(header, value));
    }
}
