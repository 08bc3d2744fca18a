package carve.app.command;

import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.app.chat.Chat;
import carve.app.chat.EditedLines;
import carve.app.chat.LineSource;
import carve.app.chat.PlainLines;
import carve.app.chat.Talk;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig.Generation;
import carve.app.work.Workshop;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve chat}. */
final class ChatCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Sampling.options(Arguments.of(
                                this,
                                "chat",
                                "Talk to a model. Its state is kept from turn to turn, so that nothing is computed twice; /help tells what"
                                        + " else can be typed.")
                        .parameter(Path.class, "MODEL", "Folder of the model.")
                        .option("--system", String.class, "TEXT", "Instructions that come before."))
                .example("carve chat demo/teacher")
                .example("echo 'Who are you?' | carve chat MODEL --greedy")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Terminal terminal = workshop.terminal();
        Generation defaults = workshop.config().generation();
        int maxTokens = Sampling.maxTokens(arguments, defaults);
        Path path = Arguments.parameter(arguments, 0);
        try (ModelFolder folder = workshop.open(path);
                Processor processor = folder.processor();
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP);
                LineSource lines = lines()) {
            Talk talk = new Talk(model, processor, Sampling.sampler(arguments, defaults, processor), maxTokens);
            Arguments.<String>find(arguments, "--system").ifPresent(talk::system);
            terminal.remark("%s, on %s; /help tells what can be typed"
                    .formatted(path, workshop.devices().chosen().orElse("none")));
            try (Chat chat = new Chat(terminal, lines, talk)) {
                chat.run();
            }
        }
        return 0;
    }

    // an editor where a person types, a reader where a program does
    private static LineSource lines() throws IOException {
        boolean person = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        if (!person) {
            return new PlainLines(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        }
        Path own = Path.of(System.getProperty("user.home"), ".carve");
        Files.createDirectories(own);
        return new EditedLines(own.resolve("chat-history"), Chat.words());
    }
}
