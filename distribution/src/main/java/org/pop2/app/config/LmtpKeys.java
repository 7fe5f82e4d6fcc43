package org.pop2.app.config;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.pop2.lmtp.LmtpSettings;

/** What the keys {@code lmtp.*} make together. */
final class LmtpKeys {
    private LmtpKeys() {}

    /** @param problem told what is wrong with a value that can be read */
    static Optional<LmtpSettings> settings(
            ProfileKeys.Values values,
            BiConsumer<Key<?>, String> problem,
            Path directory,
            Path spool,
            Duration stopTimeout) {
        Optional<SocketAddress> address = values.of(Keys.LMTP_ADDRESS);
        LmtpSettings.SocketFile socketFile = new LmtpSettings.SocketFile(
                values.of(Keys.LMTP_SOCKET_MODE),
                Optional.of(values.of(Keys.LMTP_SOCKET_OWNER)).filter(owner -> !owner.isEmpty()),
                Optional.of(values.of(Keys.LMTP_SOCKET_GROUP)).filter(group -> !group.isEmpty()));
        LmtpSettings.Limits usual = LmtpSettings.Limits.defaults();
        LmtpSettings.Limits limits = new LmtpSettings.Limits(
                values.of(Keys.LMTP_MAX_MESSAGE),
                usual.recipients(),
                values.of(Keys.LMTP_CONNECTIONS),
                usual.commandTimeout(),
                usual.dataTimeout(),
                stopTimeout);
        LmtpSettings.Addressing addressing = new LmtpSettings.Addressing(
                values.of(Keys.LMTP_DOMAINS),
                values.of(Keys.LMTP_DELIMITER),
                values.of(Keys.LMTP_CREATE_FOLDERS),
                values.of(Keys.LMTP_POSTMASTER));
        return address.flatMap(where -> {
            try {
                return Optional.of(LmtpSettings.defaults(spool)
                        .withAddress(
                                where instanceof UnixDomainSocketAddress unix
                                        ? UnixDomainSocketAddress.of(directory.resolve(unix.getPath()))
                                        : where)
                        .withSocketFile(socketFile)
                        .withLimits(limits)
                        .withAddressing(addressing)
                        .withAllowFrom(values.of(Keys.LMTP_ALLOW_FROM)));
            } catch (IllegalArgumentException e) {
                problem.accept(Keys.LMTP_ADDRESS, String.valueOf(e.getMessage()));
                return Optional.empty();
            }
        });
    }
}
