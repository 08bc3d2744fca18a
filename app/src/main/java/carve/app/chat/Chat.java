package carve.app.chat;

import carve.api.mixer.MixerDims;
import carve.api.model.Block;
import carve.api.model.Picture;
import carve.app.terminal.Amounts;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Understands what a person types: questions, and commands that begin with a slash. */
public final class Chat implements AutoCloseable {
    private static final String MAIN = "main";
    private static final Map<String, String> COMMANDS = commands();

    private final Terminal terminal;
    private final LineSource lines;
    private final Map<String, Talk> talks = new LinkedHashMap<>();
    private final List<Picture> pending = new ArrayList<>();
    private final Talk empty;
    private String current = MAIN;
    private boolean timed;

    /** Begins with a conversation, which it owns. */
    public Chat(Terminal terminal, LineSource lines, Talk talk) {
        this.terminal = terminal;
        this.lines = lines;
        this.empty = talk.fork();
        talks.put(MAIN, talk);
    }

    private static Map<String, String> commands() {
        Map<String, String> commands = new LinkedHashMap<>();
        commands.put("/image FILE", "show a picture with the next question; more than one if given again");
        commands.put("/undo", "take the last question and its answer back");
        commands.put("/fork [NAME]", "go on in a copy; the other stays as it is");
        commands.put("/switch [NAME]", "go to another conversation; without a name, list them");
        commands.put("/new [NAME]", "begin another conversation");
        commands.put("/save FILE", "keep the conversation with the model's state");
        commands.put("/load FILE", "go on with one that was kept");
        commands.put("/speed", "what the last answer took, and after every answer from now on, or no longer");
        commands.put("/memory", "what the conversation takes, and would take with attention in every layer");
        commands.put("/help", "this");
        commands.put("/quit", "end, as Ctrl-D does; Ctrl-C ends an answer");
        return commands;
    }

    /** Returns the names of the commands. */
    public static List<String> words() {
        return COMMANDS.keySet().stream().map(usage -> usage.split(" ")[0]).toList();
    }

    private Talk talk() {
        return talks.get(current);
    }

    /** Answers until the input ends. What cannot be done is told, and the conversation goes on. */
    public void run() {
        while (true) {
            Optional<String> line = lines.next(prompt());
            if (line.isEmpty() || line.get().strip().equals("/quit")) {
                return;
            }
            try {
                take(line.get().strip());
            } catch (ChatException | IllegalArgumentException e) {
                terminal.remark(e.getMessage());
            } catch (NoSuchFileException e) {
                terminal.remark(e.getFile() + ": no such file");
            } catch (IOException e) {
                terminal.remark(String.valueOf(e.getMessage()));
            }
        }
    }

    private String prompt() {
        String shown = pending.isEmpty()
                ? ""
                : " [%d pictures]".formatted(pending.size()).replace("[1 pictures]", "[1 picture]");
        return (current.equals(MAIN) ? "" : current) + shown + "> ";
    }

    private void take(String line) throws IOException {
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
            case "/image" -> pending.add(Picture.read(file(rest, parts[0])));
            case "/undo" -> talk().undo();
            case "/fork" -> add(rest, talk().fork());
            case "/switch" -> choose(rest);
            case "/new" -> add(rest, empty.fork());
            case "/save" -> save(file(rest, parts[0]));
            case "/load" -> load(file(rest, parts[0]));
            case "/speed" -> speed();
            case "/memory" -> memory();
            case "/help" -> COMMANDS.forEach((usage, what) -> terminal.println("%-15s %s".formatted(usage, what)));
            default ->
                throw new ChatException(
                        "no command '%s'; there are %s".formatted(parts[0], String.join(", ", words())));
        }
    }

    private static Path file(String name, String command) {
        if (name.isEmpty()) {
            throw new ChatException(command + " needs the name of a file");
        }
        return Path.of(name);
    }

    private void ask(String text) {
        AtomicBoolean enough = new AtomicBoolean();
        List<Picture> pictures = List.copyOf(pending);
        pending.clear();
        lines.interruptible(() -> enough.set(true), () -> talk().ask(text, pictures, terminal::print, enough::get));
        terminal.println("");
        if (timed) {
            figures();
        }
    }

    private void add(String given, Talk added) {
        String name = given.isEmpty() ? "fork-" + talks.size() : given;
        if (talks.containsKey(name)) {
            added.close();
            throw new ChatException("'%s' is taken; there are %s".formatted(name, talks.keySet()));
        }
        talks.put(name, added);
        current = name;
        terminal.println("in '%s'; /switch %s goes back"
                .formatted(name, talks.keySet().stream().toList().get(talks.size() - 2)));
    }

    private void choose(String name) {
        if (name.isEmpty()) {
            talks.forEach((other, talk) -> terminal.println("%s %s, %d questions, %s"
                    .formatted(
                            other.equals(current) ? "*" : " ",
                            other,
                            talk.messages().size() / 2,
                            Amounts.bytes(talk.bytes()))));
        } else if (talks.containsKey(name)) {
            current = name;
        } else {
            throw new ChatException("no conversation '%s'; there are %s".formatted(name, talks.keySet()));
        }
    }

    private void save(Path file) {
        TalkFile.save(talk(), file);
        terminal.println("kept %s: %d positions, %s"
                .formatted(file, talk().position(), Amounts.bytes(file.toFile().length())));
    }

    private void load(Path file) {
        Talk loaded = TalkFile.load(file, empty);
        talk().close();
        talks.put(current, loaded);
        terminal.println("%d positions, of which nothing is computed again".formatted(loaded.position()));
        loaded.messages()
                .forEach(message -> terminal.println("%s%s"
                        .formatted(message.role() == carve.api.model.Message.Role.USER ? "> " : "", message.text())));
    }

    private void speed() {
        timed = !timed;
        figures();
        terminal.println(timed ? "from now on after every answer" : "no longer after every answer");
    }

    private void figures() {
        talk().figures()
                .ifPresent(f -> terminal.println("%d tokens in %s, %s; %d new positions in %s, %d known"
                        .formatted(
                                f.tokens(),
                                Amounts.time(f.answerSeconds()),
                                rate(f.tokens(), f.answerSeconds()),
                                f.taken(),
                                Amounts.time(f.promptSeconds()),
                                f.known())));
    }

    private static String rate(int tokens, double seconds) {
        return "%.0f tokens/s".formatted(tokens / Math.max(1e-9, seconds));
    }

    private void memory() {
        Talk talk = talk();
        long perPosition = talk.model().spec().layers().stream()
                .map(Block::dims)
                .mapToLong(Chat::keysAndValues)
                .sum();
        Table table = new Table("POSITIONS", "STATE", "ATTENTION IN EVERY LAYER");
        table.row(talk.position(), Amounts.bytes(talk.bytes()), Amounts.bytes(perPosition * talk.position()));
        for (long at : new long[] {16 * 1024L, 128 * 1024L}) {
            table.row(
                    Amounts.count(at),
                    Amounts.bytes(talk.model().spec().stateBytes(1, at)),
                    Amounts.bytes(perPosition * at));
        }
        table.print(terminal);
        terminal.println("beside it, %s to go back to".formatted(Amounts.bytes(talk.keptBytes())));
    }

    private static long keysAndValues(MixerDims dims) {
        return 2L * Float.BYTES * dims.kvHeads() * dims.headWidth();
    }

    @Override
    public void close() {
        talks.values().forEach(Talk::close);
        empty.close();
    }
}
