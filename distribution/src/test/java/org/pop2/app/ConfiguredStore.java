package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pop2.app.cli.Stores;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The storage that a configuration names, opened for each question as a server would open it.
 *
 * @param configuration the file
 */
record ConfiguredStore(Path configuration) {
    <T> T work(Function<MailStore, Mono<T>> work) {
        try {
            return Objects.requireNonNull(Stores.work(
                    ConfigurationReader.read(configuration, Map.of()).storage(), Stores.ADMINISTRATION, work));
        } catch (InvalidConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    /** The messages of a mailbox, as they go over the wire. */
    List<String> contents(UserName user, FolderName folder) {
        return work(store -> Mono.usingWhen(
                Mono.from(store.open(user, folder)),
                mailbox -> Flux.range(1, mailbox.count())
                        .concatMap(number -> content(mailbox, number))
                        .collectList(),
                mailbox -> mailbox.release(new BitSet())));
    }

    private static Mono<String> content(Mailbox mailbox, int number) {
        return Flux.from(mailbox.content(number))
                .map(buffer -> {
                    String text = ISO_8859_1.decode(buffer.octets()).toString();
                    buffer.release();
                    return text;
                })
                .collect(Collectors.joining());
    }
}
