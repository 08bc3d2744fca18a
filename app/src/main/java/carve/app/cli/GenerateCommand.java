package carve.app.cli;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.device.DeviceSelector;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.SpeculativeDecoder;
import carve.runtime.engine.TokenGenerator;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve generate}. */
final class GenerateCommand implements Command {
    private static final System.Logger LOG =
            System.getLogger(GenerateCommand.class.getModule().getName());

    private static final int DRAFT_TOKENS = 4;

    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    GenerateCommand(
            Terminal terminal, Provider<AppConfig> appConfig, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return SamplingOptions.options(CommandOptions.of(
                                GenerateCommand.class, "generate", "Ask a model, and show its answer as it comes.")
                        .parameter(Path.class, "MODEL", "Folder of the model.")
                        .required(
                                "--prompt",
                                String.class,
                                "TEXT",
                                "What to say; <image> marks the places of images, which otherwise come first.")
                        .files("--image", "F", "Pictures, PNG or JPEG, in order.")
                        .option("--system", String.class, "TEXT", "Instructions that come before."))
                .option("--draft", Path.class, "MODEL", "Let this model, such as the linear student, propose tokens.")
                .option("--draft-tokens", Integer.class, "N", "How many tokens it proposes at a time; 4 without it.")
                .option(
                        "--move",
                        String[].class,
                        "N:DEVICE",
                        "After N tokens go on on another device, with the state; may be given more than once.")
                .example("carve generate MODEL --prompt 'Who are you?'")
                .example("carve generate MODEL --image photo.jpg --prompt 'What is this?' --greedy")
                .example("carve generate MODEL --prompt 'Who are you?' --device reference --move 8:cpu")
                .example("carve generate MODEL --prompt 'Tell a story' --temperature 0.8 --top-p 0.9 --seed 7")
                .example("carve generate runs/hybrid --draft runs/linear --prompt 'Tell a story'")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Map<Integer, Supplier<Device>> moves = moves(arguments);
        requireCompatible(arguments, moves);
        List<Message> conversation = conversation(arguments);
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0));
                Processor processor = folder.processor()) {
            Sample prompt = processor.prompt(conversation);
            try (LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED)) {
                TokenGenerator tokenGenerator = decoding(
                                arguments, appConfig.get().generationConfig(), model, processor, prompt)
                        .withDeviceMoves(moves);
                Processor.TextStream text = processor.textStream();
                long started = System.nanoTime();
                TokenGenerator.TokenListener tokenListener = (_, token) -> terminal.print(text.push(token));
                Optional<SpeculativeDecoder.Output> helped = CommandOptions.<Path>find(arguments, "--draft")
                        .map(draft -> speculate(arguments, draft, tokenGenerator, prompt, tokenListener));
                int[] answer = helped.map(SpeculativeDecoder.Output::tokens)
                        .orElseGet(() -> tokenGenerator
                                .generate(List.of(prompt), tokenListener)
                                .getFirst());
                terminal.println(text.flush());
                helped.map(GenerateCommand::acceptanceSummary).ifPresent(terminal::printMessage);
                double seconds = (System.nanoTime() - started) / 1e9;
                LOG.log(
                        Level.INFO,
                        "{0} tokens after a prompt of {1} in {2}",
                        answer.length,
                        prompt.tokens().length,
                        HumanReadable.time(seconds));
            }
        }
        return 0;
    }

    private static int draftTokens(ParseResult arguments) {
        return CommandOptions.valueOr(arguments, "--draft-tokens", DRAFT_TOKENS);
    }

    private static void requireCompatible(ParseResult arguments, Map<Integer, Supplier<Device>> moves) {
        if (CommandOptions.find(arguments, "--draft").isPresent() && !moves.isEmpty()) {
            throw new IllegalArgumentException(
                    "--move and --draft: an answer with a draft stays on its device; leave one out");
        }
        if (draftTokens(arguments) < 1) {
            throw new IllegalArgumentException("--draft-tokens must be 1 or more, is " + draftTokens(arguments));
        }
    }

    private SpeculativeDecoder.Output speculate(
            ParseResult arguments,
            Path draft,
            TokenGenerator tokenGenerator,
            Sample prompt,
            TokenGenerator.TokenListener tokenListener) {
        try (ModelFolder folder = modelOpener.open(draft);
                LoadedModel student = folder.load(openDevices.device(), WeightPrecision.AS_STORED)) {
            return tokenGenerator.speculative(student, draftTokens(arguments)).generate(prompt, tokenListener);
        }
    }

    static String acceptanceSummary(SpeculativeDecoder.Output output) {
        return "%d of %d drafted tokens stayed (%.0f %%); %d passes of the model after the prompt for %d tokens"
                .formatted(
                        output.acceptedTokens(),
                        output.draftedTokens(),
                        output.acceptancePercent(),
                        output.targetPasses(),
                        output.tokens().length);
    }

    private static List<Message> conversation(ParseResult arguments) throws IOException {
        List<EncodedImage> pictures = new ArrayList<>();
        for (Path file : CommandOptions.paths(arguments, "--image")) {
            pictures.add(EncodedImage.read(file));
        }
        List<Message> conversation = new ArrayList<>();
        CommandOptions.<String>find(arguments, "--system")
                .ifPresent(system -> conversation.add(new Message(Message.Role.SYSTEM, system, List.of())));
        conversation.add(new Message(Message.Role.USER, CommandOptions.valueOr(arguments, "--prompt", ""), pictures));
        return conversation;
    }

    private Map<Integer, Supplier<Device>> moves(ParseResult arguments) {
        Map<Integer, Supplier<Device>> moves = new LinkedHashMap<>();
        for (String move : CommandOptions.valueOr(arguments, "--move", new String[0])) {
            String[] parts = move.split(":", 2);
            if (parts.length < 2 || !parts[0].matches("[1-9]\\d{0,8}")) {
                throw new IllegalArgumentException(
                        "--move: found '%s'; name tokens and a device, as in 16:cpu".formatted(move));
            }
            DeviceSelector choice = openDevices.selector().with(parts[1]);
            choice.requireAvailable();
            if (moves.put(Integer.valueOf(parts[0]), () -> openDevices.device(choice)) != null) {
                throw new IllegalArgumentException(
                        "--move: found two moves after %s tokens; remove one".formatted(parts[0]));
            }
        }
        return moves;
    }

    private static TokenGenerator decoding(
            ParseResult arguments, GenerationConfig defaults, LoadedModel model, Processor processor, Sample prompt) {
        Sampler sampler = SamplingOptions.sampler(arguments, defaults, processor);
        int maxTokens = SamplingOptions.maxTokens(arguments, defaults);
        return new TokenGenerator(model, sampler, processor.stopTokens(), processor.maxNewTokens(prompt, maxTokens));
    }
}
