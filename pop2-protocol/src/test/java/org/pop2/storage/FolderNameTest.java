package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may not be a name is in the contract, {@code s03_nameLeavingTheUsersFoldersIsNoFolderName}. */
class FolderNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"INBOX", "inbox", "InBox"})
    void inboxIsOneInAnyCase(String written) {
        FolderName name = new FolderName(written);
        assertThat(name).isEqualTo(FolderName.INBOX).hasToString("INBOX");
        assertThat(name.isInbox()).isTrue();
        assertThat(FolderName.of(written)).contains(FolderName.INBOX);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Saved", "saved", "INBOX/x", "inbox2", "Lists/Java", "a b", "_", "R&D (old)!", "\u65e5\u672c"})
    void otherNamesStayAsWritten(String written) {
        assertThat(FolderName.of(written)).hasValueSatisfying(name -> {
            assertThat(name.value()).isEqualTo(written);
            assertThat(name.isInbox()).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "..",
                "../bob",
                "/a",
                "a/",
                "a//b",
                ".a",
                "a.",
                "a ",
                "a.lock",
                "A.LOCK/b",
                "a.journal",
                "a\0",
                "~a"
            })
    void nameThatLeadsOutCannotBeBuilt(String written) {
        assertThat(FolderName.of(written)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> new FolderName(written));
    }

    @Test
    void refusalDoesNotRepeatWhatWasWritten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FolderName("a\r\nforged"))
                .withMessage("not a folder name");
    }

    @Test
    void lengthIsBoundedInOctets() {
        String part = "x".repeat(FolderName.MAX_PART_OCTETS);
        assertThat(FolderName.of(part)).isPresent();
        assertThat(FolderName.of(part + "x")).isEmpty();
        assertThat(FolderName.of("\u00e4".repeat(FolderName.MAX_PART_OCTETS / 2)))
                .isPresent();
        assertThat(FolderName.of("\u00e4".repeat(FolderName.MAX_PART_OCTETS / 2) + "x"))
                .isEmpty();
        String longest = part + "/" + part + "/" + "y".repeat(FolderName.MAX_OCTETS - 202);
        assertThat(FolderName.of(longest)).isPresent();
        assertThat(FolderName.of(longest + "y")).isEmpty();
    }
}
