package org.pop2.storage.sql;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Clocks of nodes may differ by any amount: whether a lease has expired is the database's word alone, and a node only
 * measures how much time passes. So no class here may ask a node for the time of day.
 */
@AnalyzeClasses(packages = "org.pop2.storage.sql", importOptions = ImportOption.DoNotIncludeTests.class)
class ClocksTest {
    @ArchTest
    static final ArchRule noTimeOfDay = noClasses()
            .should()
            .accessTargetWhere(DescribedPredicate.describe("asks this machine for the time of day", ClocksTest::asks))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.time.Clock.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.util.Date.class);

    private static boolean asks(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getName();
        String name = access.getName();
        return (owner.startsWith("java.time.") && name.equals("now"))
                || (owner.equals("java.lang.System") && name.equals("currentTimeMillis"));
    }
}
