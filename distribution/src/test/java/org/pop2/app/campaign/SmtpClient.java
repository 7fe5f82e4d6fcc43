package org.pop2.app.campaign;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One SMTP connection to an MTA on this machine. */
final class SmtpClient implements AutoCloseable {
    private static final int MILLIS = 120_000;

    private final Socket socket;
    private final BufferedReader replies;

    SmtpClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(MILLIS);
        replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        expect("220");
        ask("EHLO localhost", "250");
    }

    /** @param text one character for one octet, each line ended with CRLF */
    void send(String sender, List<String> recipients, String text) throws IOException {
        ask("MAIL FROM:<" + sender + "> BODY=8BITMIME", "250");
        for (String recipient : recipients) {
            ask("RCPT TO:<" + recipient + ">", "250");
        }
        ask("DATA", "354");
        String stuffed = text.replace("\r\n.", "\r\n..");
        ask((stuffed.startsWith(".") ? "." : "") + stuffed + ".", "250");
    }

    private void ask(String text, String code) throws IOException {
        socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        expect(code);
    }

    private void expect(String code) throws IOException {
        String reply = replies.readLine();
        while (reply != null && reply.startsWith(code + "-")) {
            reply = replies.readLine();
        }
        if (reply == null || !reply.startsWith(code)) {
            throw new IOException("the MTA said " + reply + " instead of " + code);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
