package org.pop2.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arrows between the modules, held over the whole project. */
class ModulesTest {
    private static final String PROTOCOL = "org.pop2.protocol..";
    private static final String STORAGE = "org.pop2.storage";
    private static final String[] STORAGES = {"org.pop2.storage.fs..", "org.pop2.storage.sql.."};
    private static final String[] SERVER = {
        "org.pop2.server..",
        "org.pop2.lmtp..",
        "org.pop2.management..",
        "org.pop2.auth..",
        "org.pop2.trace..",
        "org.pop2.net..",
        "org.pop2.fetch..",
        "org.pop2.client.."
    };
    private static final List<String> FLOORS =
            List.of("management", "server", "lmtp", "auth", "trace", "net", "profile", "fetch", "client");
    private static final String APP = "org.pop2.app..";

    private static final JavaClasses PROJECT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar") && !location.contains("test-classes"))
            .importPackages("org.pop2");

    @Test
    void allModulesAreLookedAt() {
        Assertions.assertThat(PROJECT)
                .extracting(it -> it.getPackageName())
                .contains(
                        "org.pop2.protocol",
                        "org.pop2.storage",
                        "org.pop2.storage.support",
                        "org.pop2.storage.transfer",
                        "org.pop2.storage.fs.exchange",
                        "org.pop2.server",
                        "org.pop2.lmtp",
                        "org.pop2.auth",
                        "org.pop2.trace",
                        "org.pop2.net",
                        "org.pop2.client",
                        "org.pop2.lmtp.client",
                        "org.pop2.fetch",
                        "org.pop2.fetch.source",
                        "org.pop2.profile",
                        "org.pop2.management",
                        "org.pop2.app");
    }

    @Test
    void protocolAndStorageSpiDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage(PROTOCOL)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pop2.storage..")
                .check(PROJECT);
        noClasses()
                .that()
                .resideInAPackage(STORAGE)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(PROTOCOL)
                .check(PROJECT);
    }

    /** The floors of pop2-server: each package knows those below it, and no other. */
    @ParameterizedTest
    @CsvSource({
        "management, server lmtp auth trace net profile",
        "server, auth trace net profile",
        "lmtp, auth net",
        "auth, net",
        "trace, net",
        "net, ''",
        "profile, ''",
        "fetch, client lmtp",
        "client, ''"
    })
    void eachFloorOfTheServerKnowsThoseBelow(String floor, String below) {
        String[] above = FLOORS.stream()
                .filter(it -> !it.equals(floor) && !List.of(below.split(" ")).contains(it))
                .map(it -> "org.pop2." + it + "..")
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("org.pop2." + floor + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above)
                .check(PROJECT);
    }

    /** Who delivers by LMTP needs no server of it, nor what a connection to one is. */
    @Test
    void theClientOfLmtpAndFetchingKnowNoServer() {
        noClasses()
                .that()
                .resideInAnyPackage("org.pop2.lmtp.client..", "org.pop2.fetch..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.pop2.lmtp", "org.pop2.net.."))
                .check(PROJECT);
    }

    @Test
    void theServerNamesNoStorage() {
        noClasses()
                .that()
                .resideInAnyPackage(SERVER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(STORAGES)
                .check(PROJECT);
    }

    @Test
    void theClientKnowsNoStorage() {
        noClasses()
                .that()
                .resideInAPackage("org.pop2.client..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pop2.storage..")
                .check(PROJECT);
    }

    @Test
    void storagesKnowNeitherServerNorEachOther() {
        noClasses()
                .that()
                .resideInAnyPackage(STORAGES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SERVER)
                .allowEmptyShould(true)
                .check(PROJECT);
        noClasses()
                .that()
                .resideInAPackage(STORAGES[0])
                .should()
                .dependOnClassesThat()
                .resideInAPackage(STORAGES[1])
                .allowEmptyShould(true)
                .check(PROJECT);
        noClasses()
                .that()
                .resideInAPackage(STORAGES[1])
                .should()
                .dependOnClassesThat()
                .resideInAPackage(STORAGES[0])
                .allowEmptyShould(true)
                .check(PROJECT);
    }

    @Test
    void nobodyKnowsTheApplicationAndTheApplicationFindsStoragesAtRunTime() {
        noClasses()
                .that()
                .resideOutsideOfPackage(APP)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(APP)
                .check(PROJECT);
        noClasses()
                .that()
                .resideInAPackage(APP)
                .should()
                .dependOnClassesThat(resideInAnyPackage(STORAGES)
                        // files in and out, which imports, exports, deliver and fetch read and write: no storage
                        .and(not(nameMatching(
                                "org\\.pop2\\.storage\\.fs\\." + "(MboxFile|format\\.LeadingFromLine|exchange\\..+)"))))
                .check(PROJECT);
    }

    @Test
    void onlyTheApplicationKnowsCommandLineConfigurationAndLogBackend() {
        noClasses()
                .that()
                .resideOutsideOfPackage(APP)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "com.typesafe.config..", "ch.qos.logback..")
                .check(PROJECT);
    }

    @Test
    void onlyTheApplicationEndsTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackage(APP)
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(PROJECT);
    }

    @Test
    void nobodyButTheApplicationKnowsTheListenerForOperators() {
        noClasses()
                .that()
                .resideOutsideOfPackages(APP, "org.pop2.management..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pop2.management..")
                .check(PROJECT);
        noClasses()
                .that()
                .resideOutsideOfPackages("org.pop2.management..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("reactor.netty.http..", "io.micrometer..", "io.netty.handler.codec.http..")
                .check(PROJECT);
    }

    @Test
    void onlyTheConversionOfMailKnowsMimeAndHtml() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.pop2.profile.ascii..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.james..", "org.jsoup..")
                .check(PROJECT);
    }

    @Test
    void onlySourcesKnowImapAndPop3() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.pop2.fetch.source..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jakarta.mail..", "org.eclipse.angus..")
                .check(PROJECT);
    }

    @Test
    void onlyWhatOperatorsReadIsJson() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.pop2.management..", "org.pop2.app.logging..", "org.pop2.app.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml.jackson..")
                .check(PROJECT);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching("org.pop2.(**)").should().beFreeOfCycles().check(PROJECT);
    }
}
