package org.pop2.app.collect;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Reasons;
import org.pop2.fetch.source.SourceException;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.protocol.Secret;

/** A password from a file, or a token from a command; read for each login. */
final class AccountLogin implements SourceSettings.Login {
    /** Most octets; tokens have some thousand. */
    private static final int MOST = 64 * 1024;

    private static final long SECONDS = 30;

    private final Optional<Path> passwordFile;
    private final String tokenCommand;

    AccountLogin(Optional<Path> passwordFile, String tokenCommand) {
        this.passwordFile = passwordFile;
        this.tokenCommand = tokenCommand;
    }

    @Override
    public boolean isToken() {
        return !tokenCommand.isEmpty();
    }

    @Override
    public Secret secret() throws IOException {
        if (isToken()) {
            return token();
        }
        Path file = passwordFile.orElseThrow();
        try (InputStream in = Files.newInputStream(file)) {
            return firstLine(in, "the password file " + file);
        } catch (IOException e) {
            throw e instanceof SourceException ? e : unusable("the password: " + Reasons.of(e), e);
        }
    }

    private Secret token() throws IOException {
        Process process = new ProcessBuilder("/bin/sh", "-c", tokenCommand)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            // what it prints fits into a pipe, or is no token
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw unusable("token-command does not end within " + SECONDS + " s", null);
            }
            if (process.exitValue() != 0) {
                throw unusable("token-command failed with exit code " + process.exitValue(), null);
            }
            try (InputStream in = process.getInputStream()) {
                // not to the end: what it has left running in the background may keep the pipe
                byte[] printed = in.readNBytes(Math.min(MOST, in.available()));
                return firstLine(new ByteArrayInputStream(printed), "what token-command prints");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unusable("token-command was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Secret firstLine(InputStream in, String what) throws IOException {
        byte[] octets = in.readNBytes(MOST);
        int length = 0;
        while (length < octets.length && octets[length] != '\n' && octets[length] != '\r') {
            length++;
        }
        byte[] line = Arrays.copyOf(octets, length);
        try {
            if (length == 0) {
                throw unusable(what + " is empty", null);
            }
            return Secret.of(line);
        } finally {
            Arrays.fill(octets, (byte) 0);
            Arrays.fill(line, (byte) 0);
        }
    }

    private static SourceException unusable(String why, @Nullable Exception cause) {
        // nothing was asked of the provider
        return new SourceException(SourceException.Reason.REFUSED, why, cause);
    }
}
