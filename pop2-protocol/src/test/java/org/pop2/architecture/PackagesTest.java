package org.pop2.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.pop2.protocol.Session;
import org.pop2.storage.MailStore;

/** The protocol does no I/O and the storage SPI knows no protocol: each can be used without the other. */
class PackagesTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.pop2.protocol", "org.pop2.storage");

    @Test
    void bothPackagesAreLookedAt() {
        assertThat(MAIN.contain(Session.class)).isTrue();
        assertThat(MAIN.contain(MailStore.class)).isTrue();
        assertThat(MAIN.contain(PackagesTest.class)).isFalse();
    }

    @Test
    void protocolDoesNotKnowStorage() {
        noClasses()
                .that()
                .resideInAPackage("org.pop2.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pop2.storage..")
                .check(MAIN);
    }

    @Test
    void storageDoesNotKnowProtocol() {
        noClasses()
                .that()
                .resideInAPackage("org.pop2.storage..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pop2.protocol..")
                .check(MAIN);
    }

    @Test
    void neitherNeedsMoreThanJavaAndReactiveStreams() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.reactivestreams..",
                        "org.jspecify..",
                        "org.pop2.protocol..",
                        "org.pop2.storage..")
                .check(MAIN);
    }

    @Test
    void protocolDoesNoInputAndOutputAndHasNoClock() {
        noClasses()
                .that()
                .resideInAPackage("org.pop2.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.net..", "java.nio.channels..", "java.nio.file..", "java.util.concurrent..", "java.time..")
                .check(MAIN);
    }
}
