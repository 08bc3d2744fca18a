package carve.app.chat;

import carve.api.mixer.LayerConfig;
import carve.api.model.Block;
import carve.api.text.ChatTemplateException;
import carve.api.text.EncodedImage;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** The chat of a terminal: questions, and commands that begin with a slash. */
public final class ChatRepl implements AutoCloseable {
    private static final String MAIN = "main";
    private static final Map<String, String> COMMANDS = commands();

    private final Terminal terminal;
    private final LineInput lines;
    private final Map<String, Conversation> conversations = new LinkedHashMap<>();
    private final List<EncodedImage> pendingPictures = new ArrayList<>();
    private final Conversation blank;
    private final boolean showPrompt;
    private String current = MAIN;
    private boolean showTimings;

    /**
     * Begins with a conversation, which it owns.
     *
     * @param showPrompt whether the prompt of each question is printed before the answer
     */
    public ChatRepl(Terminal terminal, LineInput lines, Conversation conversation, boolean showPrompt) {
        this.showPrompt = showPrompt;
        this.terminal = terminal;
        this.lines = lines;
        this.blank = conversation.fork();
        conversations.put(MAIN, conversation);
    }

    private static Map<String, String> commands() {
        Map<String, String> commands = new LinkedHashMap<>();
        commands.put("/image FILE", "attach a picture to the next question; may be given more than once");
        commands.put("/undo", "remove the last question and its answer");
        commands.put("/fork [NAME]", "go on in a copy of the conversation");
        commands.put("/switch [NAME]", "go to another conversation, or list them");
        commands.put("/new [NAME]", "start another conversation");
        commands.put("/save FILE", "save the conversation with the model's state");
        commands.put("/load FILE", "resume a saved conversation");
        commands.put("/speed", "show the last answer's timings, and turn them on or off for all answers");
        commands.put("/memory", "show the state's bytes, and what they would be with attention in every layer");
        commands.put("/help", "show this help");
        commands.put("/quit", "quit, as Ctrl-D does; Ctrl-C ends an answer");
        return commands;
    }

    /** Returns the names of the commands. */
    public static List<String> commandNames() {
        return COMMANDS.keySet().stream().map(usage -> usage.split(" ")[0]).toList();
    }

    private Conversation conversation() {
        return conversations.get(current);
    }

    /** Answers until the input ends. Errors are printed, and the conversation goes on. */
    public void run() {
        while (true) {
            Optional<String> line = lines.readLine(prompt());
            if (line.isEmpty() || line.get().strip().equals("/quit")) {
                return;
            }
            try {
                handle(line.get().strip());
            } catch (ChatException | ChatTemplateException | IllegalArgumentException e) {
                terminal.printMessage(e.getMessage());
            } catch (NoSuchFileException e) {
                terminal.printMessage(e.getFile() + ": no such file");
            } catch (IOException e) {
                terminal.printMessage(String.valueOf(e.getMessage()));
            }
        }
    }

    private String prompt() {
        String shown = pendingPictures.isEmpty()
                ? ""
                : " [%d pictures]".formatted(pendingPictures.size()).replace("[1 pictures]", "[1 picture]");
        return (current.equals(MAIN) ? "" : current) + shown + "> ";
    }

    private void handle(String line) throws IOException {
        if (line.isEmpty()) {
            return;
        }
        if (!line.startsWith("/")) {
            ask(line);
            return;
        }
        String[] parts = line.split("\\s+", 2);
        String rest = parts.length > 1 ? parts[1] : "";
        switch (parts[0]) {
            case "/image" ->
                pendingPictures.add(EncodedImage.read(file(rest, parts[0])).upright());
            case "/undo" -> conversation().undo();
            case "/fork" -> add(rest, conversation().fork());
            case "/switch" -> switchTo(rest);
            case "/new" -> add(rest, blank.fork());
            case "/save" -> save(file(rest, parts[0]));
            case "/load" -> load(file(rest, parts[0]));
            case "/speed" -> speed();
            case "/memory" -> memory();
            case "/help" -> COMMANDS.forEach((usage, what) -> terminal.println("%-15s %s".formatted(usage, what)));
            default ->
                throw new ChatException(
                        "unknown command '%s'; there are %s".formatted(parts[0], String.join(", ", commandNames())));
        }
    }

    private static Path file(String name, String command) {
        if (name.isEmpty()) {
            throw new ChatException(command + " needs a file name");
        }
        return Path.of(name);
    }

    private void ask(String text) {
        AtomicBoolean enough = new AtomicBoolean();
        List<EncodedImage> pictures = List.copyOf(pendingPictures);
        pendingPictures.clear();
        if (showPrompt) {
            terminal.println(conversation().promptText(text, pictures));
        }
        lines.runInterruptibly(
                () -> enough.set(true), () -> conversation().ask(text, pictures, terminal::print, enough::get));
        terminal.println("");
        if (showTimings) {
            printTimings();
        }
    }

    private void add(String given, Conversation added) {
        String name = given.isEmpty() ? "fork-" + conversations.size() : given;
        if (conversations.containsKey(name)) {
            added.close();
            throw new ChatException("'%s' is taken; there are %s".formatted(name, conversations.keySet()));
        }
        conversations.put(name, added);
        current = name;
        terminal.println("now in conversation '%s'; /switch %s returns"
                .formatted(name, conversations.keySet().stream().toList().get(conversations.size() - 2)));
    }

    private void switchTo(String name) {
        if (name.isEmpty()) {
            conversations.forEach((other, conversation) -> terminal.println("%s %s, %d questions, %s"
                    .formatted(
                            other.equals(current) ? "*" : " ",
                            other,
                            conversation.messages().size() / 2,
                            HumanReadable.bytes(conversation.stateBytes()))));
        } else if (conversations.containsKey(name)) {
            current = name;
        } else {
            throw new ChatException("no conversation '%s'; there are %s".formatted(name, conversations.keySet()));
        }
    }

    private void save(Path file) {
        ConversationFile.save(conversation(), file);
        terminal.println("saved %s: %d positions, %s"
                .formatted(
                        file,
                        conversation().position(),
                        HumanReadable.bytes(file.toFile().length())));
    }

    private void load(Path file) {
        Conversation loaded = ConversationFile.load(file, blank);
        conversation().close();
        conversations.put(current, loaded);
        terminal.println("loaded %d positions; nothing needs to be computed again".formatted(loaded.position()));
        loaded.messages()
                .forEach(message -> terminal.println("%s%s"
                        .formatted(message.isFrom(carve.api.text.Message.Role.USER) ? "> " : "", message.text())));
    }

    private void speed() {
        showTimings = !showTimings;
        printTimings();
        terminal.println(showTimings ? "timings are shown after every answer" : "timings are no longer shown");
    }

    private void printTimings() {
        conversation()
                .timings()
                .ifPresent(f -> terminal.println("decode: %d tokens in %s (%s); prefill: %d tokens in %s, %d cached"
                        .formatted(
                                f.generatedTokens(),
                                HumanReadable.time(f.decodeSeconds()),
                                rate(f.generatedTokens(), f.decodeSeconds()),
                                f.prefillPositions(),
                                HumanReadable.time(f.prefillSeconds()),
                                f.cachedPositions())));
    }

    private static String rate(int tokens, double seconds) {
        return "%.0f tokens/s".formatted(tokens / Math.max(1e-9, seconds));
    }

    private void memory() {
        Conversation shown = conversation();
        long perPosition = shown.model().spec().layers().stream()
                .map(Block::config)
                .mapToLong(ChatRepl::keysAndValues)
                .sum();
        TextTable textTable = new TextTable("POSITIONS", "STATE", "WITH ATTENTION IN EVERY LAYER");
        textTable.row(
                shown.position(),
                HumanReadable.bytes(shown.stateBytes()),
                HumanReadable.bytes(perPosition * shown.position()));
        for (long at : new long[] {16 * 1024L, 128 * 1024L}) {
            textTable.row(
                    HumanReadable.count(at),
                    HumanReadable.bytes(shown.model().spec().stateBytes(1, at)),
                    HumanReadable.bytes(perPosition * at));
        }
        textTable.print(terminal);
        terminal.println("plus %s of earlier states for /undo".formatted(HumanReadable.bytes(shown.snapshotBytes())));
    }

    private static long keysAndValues(LayerConfig dims) {
        return 2L * Float.BYTES * dims.kvHeads() * dims.headWidth();
    }

    @Override
    public void close() {
        conversations.values().forEach(Conversation::close);
        blank.close();
    }
}
