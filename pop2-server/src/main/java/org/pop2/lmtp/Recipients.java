package org.pop2.lmtp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** The users and folders that an address may mean. */
final class Recipients {
    private static final String POSTMASTER = "postmaster";

    private Recipients() {}

    /** Whether mail for its domain is accepted. */
    static boolean isLocal(Address address, LmtpSettings.Addressing addressing) {
        return address.domain().isEmpty()
                || addressing.domains().isEmpty()
                || addressing.domains().contains(address.domain());
    }

    /**
     * The candidates, most exact first; the first whose user has an account counts. {@code joe+lists@example.org} is
     * the user of that whole name, or {@code joe+lists}, or the folder {@code lists} of {@code joe@example.org}, or
     * that of {@code joe}.
     */
    static List<Target> candidates(Address address, LmtpSettings.Addressing addressing) {
        List<Target> candidates = new ArrayList<>();
        add(candidates, address.local(), address.domain(), FolderName.INBOX);
        String delimiter = addressing.delimiter();
        int cut = delimiter.isEmpty() ? -1 : address.local().indexOf(delimiter);
        if (cut > 0) {
            String detail = address.local().substring(cut + 1);
            add(
                    candidates,
                    address.local().substring(0, cut),
                    address.domain(),
                    FolderName.of(detail).orElse(FolderName.INBOX));
        }
        if (address.local().equalsIgnoreCase(POSTMASTER)) {
            addressing.postmaster().ifPresent(user -> candidates.add(new Target(user, FolderName.INBOX)));
        }
        return candidates;
    }

    private static void add(List<Target> candidates, String local, String domain, FolderName folder) {
        if (!domain.isEmpty()) {
            user(local + "@" + domain).ifPresent(user -> candidates.add(new Target(user, folder)));
        }
        user(local).ifPresent(user -> candidates.add(new Target(user, folder)));
    }

    private static Optional<UserName> user(String name) {
        return UserName.of(name);
    }
}
