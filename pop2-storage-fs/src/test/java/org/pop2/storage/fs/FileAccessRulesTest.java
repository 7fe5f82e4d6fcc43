package org.pop2.storage.fs;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.concurrent.ExecutorService;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pop2.storage.fs.format.OctetSource;
import org.pop2.storage.fs.io.IoFile;
import reactor.core.scheduler.Schedulers;

/** A second descriptor of a mailbox, closed, drops the lock; an interrupted thread closes the first one. */
class FileAccessRulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.pop2.storage.fs");

    @Test
    void onlyTheRealDiskTouchesFiles() {
        noClasses()
                .that()
                .haveNameNotMatching(".*\\.RealIo(\\$.*)?")
                .and()
                // other people's files, which are no mailboxes of this storage
                .resideOutsideOfPackage(ROOM + "exchange")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(
                        Files.class,
                        FileChannel.class,
                        RandomAccessFile.class,
                        FileInputStream.class,
                        FileOutputStream.class)
                .check(CLASSES);
    }

    private static final String ROOM = "org.pop2.storage.fs.";

    private static void knowsOnly(String room, String... others) {
        noClasses()
                .that()
                .resideInAPackage(ROOM + room)
                .should()
                .dependOnClassesThat(resideInAPackage("org.pop2.storage.fs..")
                        .and(not(resideInAPackage(ROOM + room)))
                        .and(not(resideInAnyPackage(
                                Stream.of(others).map(ROOM::concat).toArray(String[]::new)))))
                .check(CLASSES);
    }

    /** As the package's description draws it. */
    @Test
    void eachRoomKnowsOnlyThoseBelow() {
        knowsOnly("format");
        knowsOnly("io", "format");
        knowsOnly("lock", "io");
        knowsOnly("journal", "lock", "io", "format");
        knowsOnly("account", "lock", "io");
        knowsOnly("exchange", "format");
    }

    @Test
    void theFormatIsOctetsAndFilesKnowOnlyThat() {
        noClasses()
                .that()
                .resideInAPackage(ROOM + "format")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "reactor..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(ROOM + "io")
                .should()
                .dependOnClassesThat(resideInAPackage(ROOM + "format").and(not(equivalentTo(OctetSource.class))))
                .check(CLASSES);
    }

    /** What opens, deletes and appends has it done there; the index on disk and notes are no mailbox. */
    @Test
    void onlyTheJournalChangesAMailbox() {
        noClasses()
                .that()
                .resideInAPackage("org.pop2.storage.fs")
                .and()
                .doNotHaveSimpleName("IndexFile")
                .and()
                .doNotHaveSimpleName("NoteFiles")
                .should()
                .callMethodWhere(target(owner(assignableTo(IoFile.class)))
                        .and(target(nameMatching("write|append|truncate|force"))))
                .check(CLASSES);
    }

    @Test
    void noSchedulerThatInterruptsIsUsed() {
        noClasses()
                .that()
                // its files are closed by an interrupt, and hold no lock that could go with them
                .resideOutsideOfPackage(ROOM + "exchange")
                .should()
                .callMethod(Schedulers.class, "boundedElastic")
                .orShould()
                .callMethod(Schedulers.class, "fromExecutorService", ExecutorService.class)
                .check(CLASSES);
    }
}
