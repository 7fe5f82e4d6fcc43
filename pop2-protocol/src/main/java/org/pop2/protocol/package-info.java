/**
 * POP2 (RFC 937) as a codec and two state machines: no I/O, no clock, no threads.
 *
 * <p>Begin with {@link org.pop2.protocol.ServerConnection} or {@link org.pop2.protocol.ClientConnection}: all there is
 * to one side of one connection. Octets go in, in any slices; what has to be done comes out. Below them, from the
 * socket up: {@link org.pop2.protocol.LineFramer} cuts lines, {@link org.pop2.protocol.CommandCodec} and
 * {@link org.pop2.protocol.ReplyCodec} read and write them, {@link org.pop2.protocol.Session} and
 * {@link org.pop2.protocol.ClientSession} decide what they mean. The RFC's tables (p. 20 and 22) are
 * {@link org.pop2.protocol.DecisionTable} and {@link org.pop2.protocol.ClientDecisionTable}, and list what is legal.
 *
 * <h2>The smallest server</h2>
 *
 * <p>Complete but for the loop that accepts connections. Whatever is asked of it is done at once; a server that does
 * something else meanwhile tells the outcome later, and takes no octet until then.
 *
 * <pre>{@code
 * record SmallestServer(ServerConnection pop2, Credentials user, List<byte[]> mail, OutputStream out) {
 *     static void serve(Socket socket, Credentials user, List<byte[]> mail) throws IOException {
 *         InputStream in = socket.getInputStream();
 *         ServerConnection pop2 = new ServerConnection("dog-house");
 *         SmallestServer server = new SmallestServer(pop2, user, mail, socket.getOutputStream());
 *         server.act(pop2.open());
 *         byte[] octets = new byte[512];
 *         for (int n; pop2.state() != State.DONE && (n = in.read(octets)) >= 0; ) {
 *             ByteBuffer input = ByteBuffer.wrap(octets, 0, n);
 *             for (Command command = pop2.next(input); command != null; command = pop2.next(input)) {
 *                 server.act(pop2.on(command));
 *             }
 *         }
 *         server.act(pop2.on(Event.CLOSED));
 *     }
 *
 *     private void act(List<Effect> effects) throws IOException {
 *         for (Effect effect : effects) {
 *             if (effect instanceof Effect.Send send) {
 *                 out.write(send.octets());
 *             } else if (effect instanceof Effect.LogIn logIn) {
 *                 boolean right = logIn.helo().credentials().equals(user);
 *                 act(pop2.on(right ? Event.LOGGED_IN : new Event.Failed(End.LOGIN_REFUSED, "login failed")));
 *             } else if (effect instanceof Effect.Select select) {
 *                 List<byte[]> box = select.mailbox().equals("INBOX") ? mail : List.of();
 *                 long[] octets = box.stream().mapToLong(it -> it.length).toArray();
 *                 act(pop2.on(new Event.Selected(MailboxView.of(octets))));
 *             } else if (effect instanceof Effect.Deliver deliver) {
 *                 out.write(mail.get(deliver.number() - 1));
 *                 act(pop2.on(Event.DELIVERED));
 *             } else if (effect instanceof Effect.Release release) {
 *                 for (int number = release.deleted().length() - 1; number > 0; number--) {
 *                     if (release.deleted().get(number)) {
 *                         mail.remove(number - 1);
 *                     }
 *                 }
 *                 act(pop2.on(Event.RELEASED));
 *             }
 *         }
 *     }
 * }
 * }</pre>
 *
 * <h2>The smallest client</h2>
 *
 * <pre>{@code
 * record SmallestClient(ClientConnection pop2, List<byte[]> mail, ByteArrayOutputStream message, OutputStream out) {
 *     static List<byte[]> fetch(Socket socket, Command.Helo helo) throws IOException {
 *         InputStream in = socket.getInputStream();
 *         ClientConnection pop2 = new ClientConnection(helo);
 *         SmallestClient client =
 *                 new SmallestClient(pop2, new ArrayList<>(), new ByteArrayOutputStream(), socket.getOutputStream());
 *         byte[] octets = new byte[4096];
 *         for (int n; !pop2.closed() && (n = in.read(octets)) >= 0; ) {
 *             ByteBuffer input = ByteBuffer.wrap(octets, 0, n);
 *             while (input.hasRemaining()) {
 *                 client.act(pop2.receive(input));
 *             }
 *         }
 *         client.act(pop2.lost());
 *         return client.mail;
 *     }
 *
 *     private void act(List<ClientEffect> effects) throws IOException {
 *         for (ClientEffect effect : effects) {
 *             if (effect instanceof ClientEffect.Send send) {
 *                 out.write(send.octets());
 *             } else if (effect instanceof ClientEffect.Content content) {
 *                 while (content.octets().hasRemaining()) {
 *                     message.write(content.octets().get());
 *                 }
 *             } else if (effect instanceof ClientEffect.Choose choose) {
 *                 act(pop2.choose(next(choose)));
 *             } else if (effect instanceof ClientEffect.Close close && close.end() != ClientEnd.QUIT) {
 *                 throw new IOException(close.end() + ": " + close.text());
 *             }
 *         }
 *     }
 *
 *     private Command next(ClientEffect.Choose choose) {
 *         return switch (choose.action()) {
 *             case CHOOSE_MESSAGE -> choose.number() > 0 ? new Command.Read(1) : Command.QUIT;
 *             case CHOOSE_TRANSFER -> choose.number() > 0 ? Command.RETR : Command.QUIT;
 *             default -> {
 *                 mail.add(message.toByteArray());
 *                 message.reset();
 *                 yield Command.ACKD;
 *             }
 *         };
 *     }
 * }
 * }</pre>
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.protocol;

import org.jspecify.annotations.NullMarked;
