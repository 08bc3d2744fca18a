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
import carve.runtime.engine.Completion;
import carve.runtime.engine.DraftModel;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.SpeculationMetrics;
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
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve generate}. */
final class GenerateCommand implements Command {
    private static final System.Logger LOG =
            System.getLogger(GenerateCommand.class.getModule().getName());

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
                                GenerateCommand.class,
                                "generate",
                                "Generate an answer to a prompt, and print it as it is generated.")
                        .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                        .required(
                                "--prompt",
                                String.class,
                                "TEXT",
                                "The prompt; <image> marks the positions of images. Without it, images come first.")
                        .files("--image", "F", "Images, PNG, JPEG, GIF or BMP, in order of their positions.")
                        .option("--system", String.class, "TEXT", "System prompt."))
                .flag("--raw", "Continue the prompt as it is, without a chat template, as base models do.")
                .option(ChatTemplateOption.NAME, Path.class, "FILE", ChatTemplateOption.DESCRIPTION)
                .option(
                        "--draft",
                        Path.class,
                        "MODEL",
                        "Draft model for speculative decoding, such as the linear student.")
                .option(
                        "--draft-tokens",
                        Integer.class,
                        "N",
                        "Tokens that the draft model proposes at a time; 4 if not given.")
                .option(
                        "--move",
                        String[].class,
                        "N:DEVICE",
                        "Continue on another device after N tokens, with the state; may be given more than once.")
                .example("carve generate MODEL --prompt 'Who are you?'")
                .example("carve generate MODEL --image photo.jpg --prompt 'What is this?' --greedy")
                .example("carve generate MODEL --prompt 'Who are you?' --device reference --move 8:cpu")
                .example("carve generate MODEL --prompt 'Tell a story' --temperature 0.8 --top-p 0.9 --seed 7")
                .example("carve generate BASE_MODEL --prompt 'Once upon a time' --raw")
                .example("carve generate runs/hybrid --draft runs/linear --prompt 'Tell a story'")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Map<Integer, Supplier<Device>> moves = moves(arguments);
        requireCompatible(arguments, moves);
        List<Message> conversation = conversation(arguments);
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0));
                Processor processor = ChatTemplateOption.apply(arguments, folder.processor())) {
            Sample prompt = CommandOptions.hasFlag(arguments, "--raw")
                    ? raw(processor, conversation.getLast())
                    : processor.prompt(conversation);
            try (LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED)) {
                Processor.TextStream text = processor.textStream();
                long started = System.nanoTime();
                Completion completion = withGenerator(
                        arguments,
                        model,
                        generator -> generator.generate(
                                request(arguments, processor, prompt, generator).withDeviceMoves(moves),
                                (_, token) -> terminal.print(text.push(token))));
                terminal.println(text.flush());
                if (CommandOptions.find(arguments, "--draft").isPresent()) {
                    terminal.printMessage(
                            acceptanceSummary(completion.end().speculation(), completion.tokens().length));
                }
                LOG.log(
                        Level.INFO,
                        "{0} tokens after a prompt of {1} in {2}",
                        completion.tokens().length,
                        prompt.tokens().length,
                        HumanReadable.time((System.nanoTime() - started) / 1e9));
            }
        }
        return 0;
    }

    private GenerationRequest request(ParseResult arguments, Processor processor, Sample prompt, Generator generator) {
        GenerationConfig defaults =
                SamplingOptions.defaults(arguments, appConfig.get().generationConfig(), processor);
        return new GenerationRequest(
                        generator.prompt(prompt),
                        SamplingOptions.sampler(arguments, defaults, processor),
                        processor.stopTokens(),
                        processor.maxNewTokens(prompt, SamplingOptions.maxTokens(arguments, defaults)))
                .with(GenerationRequest.CachePolicy.NONE);
    }

    private static Sample raw(Processor processor, Message prompt) {
        if (!prompt.images().isEmpty()) {
            throw new IllegalArgumentException(
                    "--raw: a text that is continued has no images; leave out --image or --raw");
        }
        int[] tokens = processor.encode(prompt.text());
        return new Sample(tokens, new boolean[tokens.length], Map.of());
    }

    private Completion withGenerator(ParseResult arguments, LoadedModel model, Function<Generator, Completion> body) {
        Optional<Path> path = CommandOptions.find(arguments, "--draft");
        if (path.isEmpty()) {
            try (Generator generator = new Generator(model)) {
                return body.apply(generator);
            }
        }
        try (ModelFolder folder = modelOpener.open(path.get());
                LoadedModel draft = folder.load(openDevices.device(), WeightPrecision.AS_STORED);
                Generator generator = new Generator(
                        model, GeneratorConfig.DEFAULT.with(new DraftModel(draft, draftTokens(arguments))))) {
            return body.apply(generator);
        }
    }

    private static int draftTokens(ParseResult arguments) {
        return CommandOptions.valueOr(arguments, "--draft-tokens", DraftModel.DEFAULT_DRAFT_TOKENS);
    }

    private static void requireCompatible(ParseResult arguments, Map<Integer, Supplier<Device>> moves) {
        if (CommandOptions.find(arguments, "--draft").isPresent() && !moves.isEmpty()) {
            throw new IllegalArgumentException(
                    "--move cannot be combined with --draft: a sequence with a draft model stays on its device");
        }
        if (draftTokens(arguments) < 1) {
            throw new IllegalArgumentException("--draft-tokens must be 1 or more, is " + draftTokens(arguments));
        }
    }

    static String acceptanceSummary(SpeculationMetrics counts, int tokens) {
        return "accepted %d of %d drafted tokens (%.0f %%); %d target-model passes for %d tokens"
                .formatted(
                        counts.acceptedTokens(),
                        counts.draftedTokens(),
                        counts.acceptancePercent(),
                        counts.targetPasses(),
                        tokens);
    }

    private static List<Message> conversation(ParseResult arguments) throws IOException {
        List<EncodedImage> pictures = new ArrayList<>();
        for (Path file : CommandOptions.paths(arguments, "--image")) {
            pictures.add(EncodedImage.read(file).upright());
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
}
