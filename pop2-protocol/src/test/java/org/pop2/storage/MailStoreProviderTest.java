package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.memory.MemoryMailStore;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Registers providers with a class loader of its own: those of a test would be found by everybody's. */
class MailStoreProviderTest {
    @TempDir
    Path classes;

    @Test
    void providerIsFoundByItsName() throws IOException {
        registered(List.of(Tape.class.getName(), Cards.class.getName()), () -> {
            assertThat(MailStoreProvider.named("cards")).isInstanceOf(Cards.class);
            assertThat(MailStoreProvider.named("tape")).isInstanceOf(Tape.class);
            assertThat(MailStoreProvider.all())
                    .extracting(MailStoreProvider::name)
                    .contains("tape", "cards");
        });
    }

    @Test
    void unknownNameIsAnsweredWithThoseFound() throws IOException {
        registered(
                List.of(Tape.class.getName(), Cards.class.getName()),
                () -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> MailStoreProvider.named("Tape"))
                        .withMessageMatching("no storage of type .Tape.; found: .*tape, cards"));
    }

    @Test
    void unknownNameIsAnsweredWithWhatIsAlwaysThere() throws IOException {
        registered(
                List.of(),
                () -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> MailStoreProvider.named("tape"))
                        .withMessage("no storage of type 'tape'; found: memory"));
    }

    @Test
    void providerThatCannotBeLoadedIsNotPassedOver() throws IOException {
        registered(
                List.of("org.example.Missing"),
                () -> assertThatExceptionOfType(ServiceConfigurationError.class)
                        .isThrownBy(() -> MailStoreProvider.named("tape"))
                        .withMessageContaining("org.example.Missing"));
    }

    private void registered(List<String> providers, Runnable test) throws IOException {
        Path services = Files.createDirectories(classes.resolve("META-INF/services"));
        Files.write(services.resolve(MailStoreProvider.class.getName()), providers);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            test.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** A provider. */
    public static final class Tape implements MailStoreProvider {
        @Override
        public String name() {
            return "tape";
        }

        @Override
        public List<Setting> settings() {
            return List.of();
        }

        @Override
        public Publisher<MailStore> open(StoreSettings settings) {
            return Mono.just(MemoryMailStore.create());
        }
    }

    /** Another provider. */
    public static final class Cards implements MailStoreProvider {
        @Override
        public String name() {
            return "cards";
        }

        @Override
        public List<Setting> settings() {
            return List.of();
        }

        @Override
        public Publisher<MailStore> open(StoreSettings settings) {
            return Mono.just(MemoryMailStore.create());
        }
    }
}
