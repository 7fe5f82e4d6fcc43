package org.pop2.storage.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.pop2.storage.MailStore;

class ForwardingStoreTest {
    /** One that is not forwarded would take away what the other storage can, and nobody would notice. */
    @Test
    void everyMethodIsForwardedThoseWithADefaultAsWell() {
        assertThat(Arrays.stream(MailStore.class.getMethods()))
                .allSatisfy(method ->
                        assertThat(declares(method)).as(method.getName()).isTrue());
    }

    private static boolean declares(Method method) {
        return Arrays.stream(ForwardingStore.class.getDeclaredMethods())
                .anyMatch(it -> it.getName().equals(method.getName())
                        && Arrays.equals(it.getParameterTypes(), method.getParameterTypes()));
    }
}
