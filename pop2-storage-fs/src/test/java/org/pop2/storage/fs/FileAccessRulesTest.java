package org.pop2.storage.fs;

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
import org.junit.jupiter.api.Test;
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

    @Test
    void noSchedulerThatInterruptsIsUsed() {
        noClasses()
                .should()
                .callMethod(Schedulers.class, "boundedElastic")
                .orShould()
                .callMethod(Schedulers.class, "fromExecutorService", ExecutorService.class)
                .check(CLASSES);
    }
}
