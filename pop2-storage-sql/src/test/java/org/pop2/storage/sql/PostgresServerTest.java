package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PostgresServerTest {
    /** In a container and embedded. */
    @Test
    void serverOfTheTestsIsSetAsItShouldBe() {
        TestDatabase database = TestDatabase.empty();
        PostgresServer.SETTINGS.forEach((name, value) ->
                assertThat(database.query("SHOW " + name)).as(name).isEqualTo(List.of(value)));
    }
}
