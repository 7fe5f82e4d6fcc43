package org.pop2.storage.sql;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the code and the statements of this module keep away from. */
class ArchitectureTest {
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.pop2.storage.sql");

    @Test
    void onlyWhatMakesTheSchemaKnowsJdbcAndFlyway() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(SchemaMigration.class, SchemaDistribution.class)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.flywaydb..", "org.postgresql..")
                .check(MODULE);
    }

    @Test
    void onlyTheSettingsReadFiles() {
        noClasses()
                .that()
                // the other one reads its script, from the jar
                .doNotBelongToAnyOf(PostgresSettings.class, SchemaDistribution.class)
                .should()
                .dependOnClassesThat(assignableTo(Files.class)
                        .or(nameMatching("java\\.io\\.(File|RandomAccess|Reader|Writer|InputStream|OutputStream).*"))
                        .or(nameMatching("java\\.nio\\.channels\\..*")))
                .check(MODULE);
    }

    @Test
    void nothingBlocksAThread() {
        noClasses()
                .should()
                .callMethodWhere(target(nameMatching("block(First|Last|Optional)?|toIterable|toStream|toFuture"))
                        .and(target(owner(assignableTo(Mono.class).or(assignableTo(Flux.class))))))
                .orShould()
                .callMethodWhere(target(nameMatching("sleep|join")).and(target(owner(assignableTo(Thread.class)))))
                .orShould()
                .dependOnClassesThat(assignableTo(BlockingQueue.class)
                        .or(assignableTo(Future.class))
                        .or(nameMatching("java\\.util\\.concurrent\\.(CountDownLatch|Semaphore|locks\\..*)")))
                .check(MODULE);
    }

    @Test
    void onlyWhatAStorageNeedsIsPublic() {
        classes()
                .that()
                .arePublic()
                .should()
                .haveNameMatching("org\\.pop2\\.storage\\.sql\\.(PostgresProvider|PostgresStore|SchemaMigration|Swept)")
                .check(MODULE);
    }

    /** Every statement by its name; those that are built, built as in use. */
    static Map<String, String> statements() throws IllegalAccessException {
        Map<String, String> statements = new TreeMap<>();
        for (Field field : Sql.class.getDeclaredFields()) {
            // the private one is a part of others
            if (field.getType() == String.class && !Modifier.isPrivate(field.getModifiers())) {
                field.setAccessible(true);
                statements.put(field.getName(), (String) field.get(null));
            }
        }
        statements.put("stageChunks", Sql.stageChunks(8));
        statements.put("addChunks", Sql.addChunks(8));
        statements.put("begin", Sql.begin(1, 2, 3));
        assertThat(statements).hasSizeGreaterThan(30).containsKeys("ACQUIRE", "RENEW", "EXPUNGE", "UNDELETE");
        return statements;
    }

    /** Sessions last minutes, poolers share connections, and other engines have none of it. */
    @Test
    void noStatementNeedsASessionATableLockOrAnotherEnginesAbsence() throws Exception {
        Pattern forbidden = Pattern.compile("pg_(try_)?advisory|\\blisten\\b|\\bunlisten\\b|pg_notify|\\bnotify\\b"
                + "|lock table|\\blo_|\\bnextval\\b|\\bcreate\\b|\\balter\\b|\\btruncate\\b|\\bdeclare\\b|\\bprepare\\b"
                + "|clock_timestamp|set session (authorization|characteristics)|\\btemp(orary)?\\b");
        statements()
                .forEach((name, sql) ->
                        assertThat(sql.toLowerCase(Locale.ROOT)).as(name).doesNotContainPattern(forbidden));
    }

    @Test
    void everyLockIsOnTheRowsOfAKeyOrSkipsThoseTakenAndIsLimited() throws Exception {
        Pattern lock = Pattern.compile("\\bFOR (UPDATE|SHARE)[^)]*");
        statements()
                .forEach((name, sql) -> lock.matcher(sql).results().forEach(found -> {
                    boolean skips = found.group().contains("SKIP LOCKED");
                    boolean byKey = sql.contains("mailbox_id = $1") || sql.contains("WHERE user_name = $1 FOR UPDATE");
                    boolean bounded = sql.contains("LIMIT $") || sql.contains("unnest($1");
                    assertThat(byKey || (skips && bounded))
                            .as(name + ": " + sql)
                            .isTrue();
                }));
    }

    @Test
    void everyChangeNamesItsRows() throws Exception {
        statements().forEach((name, sql) -> {
            if (Pattern.compile("\\b(UPDATE \\w+ (\\w )?SET|DELETE FROM)\\b")
                    .matcher(sql)
                    .find()) {
                assertThat(sql).as(name).contains("WHERE");
            }
        });
    }

    @Test
    void theSchemaNeedsNoTriggerSequenceOrLock() throws IOException {
        try (Stream<Path> scripts = Files.list(Path.of("src/main/resources/org/pop2/storage/sql/migration"))) {
            assertThat(scripts.toList())
                    .isNotEmpty()
                    .allSatisfy(script -> assertThat(Files.readString(script).toLowerCase(Locale.ROOT))
                            .doesNotContainPattern("create (or replace )?(trigger|function|rule|sequence|extension)")
                            .doesNotContainPattern("\\b(big)?serial\\b|generated (always|by default) as identity")
                            .doesNotContainPattern("pg_(try_)?advisory"));
        }
    }

    /** So that the rules above see all of them. */
    @Test
    void statementsAreNowhereButInSql() throws IOException {
        Pattern statement = Pattern.compile(
                "\"\\s*(SELECT|INSERT INTO|UPDATE \\w+ SET|DELETE FROM|WITH \\w+ AS|SET LOCAL|LOCK)\\b");
        try (Stream<Path> sources = Files.list(Path.of("src/main/java/org/pop2/storage/sql"))) {
            assertThat(sources.filter(it -> !it.endsWith("Sql.java")).toList())
                    .hasSizeGreaterThan(20)
                    .allSatisfy(source -> assertThat(Files.readString(source)).doesNotContainPattern(statement));
        }
    }
}
