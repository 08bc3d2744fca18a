package carve.app.cli;

import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.chat.ChatRepl;
import carve.app.chat.Conversation;
import carve.app.chat.JLineInput;
import carve.app.chat.LineInput;
import carve.app.chat.PlainLineInput;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.engine.Generator;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
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
    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    ChatCommand(Terminal terminal, Provider<AppConfig> appConfig, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return SamplingOptions.options(CommandOptions.of(
                                ChatCommand.class,
                                "chat",
                                "Chat with a model. Its state is kept from turn to turn, so that nothing is computed twice; /help lists"
                                        + " the commands.")
                        .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                        .option("--system", String.class, "TEXT", "System prompt."))
                .flag("--show-prompt", "Print the prompt of each question, as the model gets it, before the answer.")
                .option(ChatTemplateOption.NAME, Path.class, "FILE", ChatTemplateOption.DESCRIPTION)
                .example("carve chat demo/teacher")
                .example("echo 'Who are you?' | carve chat MODEL --greedy")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Path path = CommandOptions.parameter(arguments, 0);
        try (ModelFolder folder = modelOpener.open(path);
                Processor processor = ChatTemplateOption.apply(arguments, folder.processor())) {
            processor.requireChat();
            chat(arguments, path, folder, processor);
        }
        return 0;
    }

    private void chat(ParseResult arguments, Path path, ModelFolder folder, Processor processor) throws IOException {
        GenerationConfig defaults =
                SamplingOptions.defaults(arguments, appConfig.get().generationConfig(), processor);
        int maxTokens = SamplingOptions.maxTokens(arguments, defaults);
        try (LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED);
                Generator generator = new Generator(model);
                LineInput lines = lines()) {
            Conversation conversation = new Conversation(
                    model, generator, processor, SamplingOptions.sampler(arguments, defaults, processor), maxTokens);
            CommandOptions.<String>find(arguments, "--system").ifPresent(conversation::systemPrompt);
            terminal.printMessage("%s, on %s; /help lists the commands"
                    .formatted(path, openDevices.selector().selected().orElse("none")));
            boolean showPrompt = CommandOptions.hasFlag(arguments, "--show-prompt");
            try (ChatRepl chatRepl = new ChatRepl(terminal, lines, conversation, showPrompt)) {
                chatRepl.run();
            }
        }
    }

    // an editor where a person types, a reader where a program does
    private static LineInput lines() throws IOException {
        boolean person = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        if (!person) {
            return new PlainLineInput(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        }
        Path own = Path.of(System.getProperty("user.home"), ".carve");
        Files.createDirectories(own);
        return new JLineInput(own.resolve("chat-history"), ChatRepl.commandNames());
    }
}
