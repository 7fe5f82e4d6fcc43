package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserNameTest {
    @Test
    void namesAreLowerCase() {
        assertThat(new UserName("POSTEL")).isEqualTo(new UserName("postel")).hasToString("postel");
        assertThat(UserName.of("Postel@USC-ISIF")).contains(new UserName("postel@usc-isif"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "_", "a.b", "a_b+c-d@e=f~g", "gr\u00fc\u00df", "\u65e5\u672c"})
    void nameIsAllowed(String written) {
        assertThat(UserName.of(written))
                .hasValueSatisfying(name -> assertThat(name.value()).isEqualTo(written));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "a b", "a/b", "../a", "..", ".a", "a.", "-a", "~a", "@a", "a.lock", "A.Lock", "a\0", "a\nb",
                "a\u007f", "a%b", "a*", "a'b", "a\"b", "a\\b", "a:b", "a,b", "{a}", "\u202ea", "\ud800"
            })
    void nameThatDoesHarmCannotBeBuilt(String written) {
        assertThat(UserName.of(written)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UserName(written))
                .withMessage("not a user name");
    }

    @Test
    void lengthIsBoundedInOctets() {
        assertThat(UserName.of("x".repeat(UserName.MAX_OCTETS))).isPresent();
        assertThat(UserName.of("x".repeat(UserName.MAX_OCTETS + 1))).isEmpty();
        assertThat(UserName.of("\u00e4".repeat(UserName.MAX_OCTETS / 2))).isPresent();
        assertThat(UserName.of("\u00e4".repeat(UserName.MAX_OCTETS / 2) + "x")).isEmpty();
    }

    @Test
    void lowerCaseMayNotBeLongerThanTheBoundEither() {
        // two octets in upper case, three in lower
        assertThat(UserName.of("\u023a".repeat(UserName.MAX_OCTETS / 2))).isEmpty();
        assertThat(UserName.of("\u023a".repeat(UserName.MAX_OCTETS / 3))).isPresent();
    }

    /** What {@code of} gives can be built from its own value, and is the same name. */
    @Test
    void nameIsItsOwnName() {
        assertThat(UserName.of("\u0130bo"))
                .as("its lower case has a combining dot")
                .isEmpty();
        for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
            for (String written : List.of(Character.toString(c), "a" + Character.toString(c))) {
                UserName.of(written)
                        .ifPresent(
                                name -> assertThat(new UserName(name.value())).isEqualTo(name));
            }
        }
    }
}
