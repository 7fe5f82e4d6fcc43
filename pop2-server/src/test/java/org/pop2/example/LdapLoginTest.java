package org.pop2.example;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.sdk.DN;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;

/** The example against a directory in memory, and behind it a server. */
class LdapLoginTest {
    private final InMemoryDirectoryServer directory;

    LdapLoginTest() throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setSchema(null);
        directory = new InMemoryDirectoryServer(config);
    }

    @BeforeEach
    void fill() throws Exception {
        directory.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
        directory.add("dn: ou=people,dc=example,dc=org", "objectClass: organizationalUnit", "ou: people");
        directory.add(
                "dn: uid=smith,ou=people,dc=example,dc=org",
                "objectClass: inetOrgPerson",
                "uid: smith",
                "userPassword: correct horse");
        directory.startListening();
    }

    @AfterEach
    void stop() {
        directory.shutDown(true);
    }

    private TestServer server() throws Exception {
        MemoryMailStore store = MemoryMailStore.create()
                .account("smith", "{PLAIN}-")
                .message("smith", "INBOX", "Subject: one\r\n\r\nHello\r\n");
        return TestServer.over(
                store, new LdapLogin("127.0.0.1", directory.getListenPort(), new DN("ou=people,dc=example,dc=org")));
    }

    private static void logIn(TestServer server, String credentials, String answer) {
        try (Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO " + credentials, answer);
        }
    }

    @Test
    void theDirectorysPasswordCountsAndNotTheStorages() throws Exception {
        try (TestServer server = server()) {
            logIn(server, "Smith correct horse", "#1");
            logIn(server, "smith -", "- login failed");
            logIn(server, "jones correct horse", "- login failed");
            logIn(server, "smith,ou=people correct horse", "- login failed");
        }
    }

    @Test
    void aDirectoryThatIsDownIsAFailureForTheMoment() throws Exception {
        try (TestServer server = server()) {
            directory.shutDown(true);
            logIn(server, "smith correct horse", "-");
        }
    }
}
