package org.pop2.storage.tck.broken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** The contract is worth something: whatever a storage may do wrong is noticed by the test that is there for it. */
class BrokenStoresTest {
    @ParameterizedTest
    @EnumSource
    void faultIsNoticed(Fault fault) {
        Events tests = run(
                EngineTestKit.engine("junit-jupiter").configurationParameter(BrokenContract.FAULT, fault.name()),
                Set.of(fault.noticedBy()));
        assertThat(named(tests.started())).containsExactly(fault.noticedBy());
        assertThat(named(tests.failed())).containsExactly(fault.noticedBy());
        Throwable failure = tests.failed().stream()
                .flatMap(event -> event.getPayload(TestExecutionResult.class).stream())
                .flatMap(result -> result.getThrowable().stream())
                .findFirst()
                .orElseThrow();
        System.out.println(
                fault + ": " + String.valueOf(failure).lines().limit(6).toList());
    }

    /** A test of each rule; all of them are run on the storage in memory by a test of its own. */
    @Test
    void healthyStorageIsNotBlamed() {
        Map<String, String> ofEachRule = new TreeMap<>();
        for (Fault fault : Fault.values()) {
            ofEachRule.putIfAbsent(fault.rule(), fault.noticedBy());
        }
        Events tests = run(EngineTestKit.engine("junit-jupiter"), Set.copyOf(ofEachRule.values()));
        assertThat(named(tests.succeeded())).containsExactlyInAnyOrderElementsOf(ofEachRule.values());
    }

    @Test
    void everyRuleIsBrokenByAFault() {
        Set<String> rules = new TreeSet<>();
        for (Fault fault : Fault.values()) {
            rules.add(fault.rule());
        }
        assertThat(rules)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 15)
                        .mapToObj("s%02d"::formatted)
                        .toList());
    }

    private static Events run(EngineTestKit.Builder engine, Set<String> methods) {
        PostDiscoveryFilter only = test -> FilterResult.includedIf(test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(MethodSource.class::cast)
                .map(method -> methods.contains(method.getMethodName()))
                .orElse(true));
        return engine.selectors(selectClass(BrokenContract.class))
                .filters(only)
                .execute()
                .testEvents();
    }

    private static List<String> named(Events tests) {
        return tests.stream()
                .map(Event::getTestDescriptor)
                .map(test -> (MethodSource) test.getSource().orElseThrow())
                .map(MethodSource::getMethodName)
                .sorted()
                .toList();
    }
}
