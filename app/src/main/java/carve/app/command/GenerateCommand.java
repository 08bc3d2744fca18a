package carve.app.command;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.ModelFolder;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.model.Storage;
import carve.app.terminal.Amounts;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig.Generation;
import carve.app.work.Decoding;
import carve.app.work.DeviceChoice;
import carve.app.work.Sampler;
import carve.app.work.Speculation;
import carve.app.work.Workshop;
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

    @Override
    public CommandSpec specification() {
        return Sampling.options(Arguments.of(this, "generate", "Ask a model, and show its answer as it comes.")
                        .parameter(Path.class, "MODEL", "Folder of the model.")
                        .required(
                                "--prompt",
                                String.class,
                                "TEXT",
                                "What to say; <image> marks the places of pictures, which otherwise come first.")
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
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Terminal terminal = workshop.terminal();
        Map<Integer, Supplier<Device>> moves = moves(arguments, workshop);
        requireUnmoved(arguments, moves);
        List<Message> conversation = conversation(arguments);
        try (ModelFolder folder = workshop.open(Arguments.parameter(arguments, 0));
                Processor processor = folder.processor()) {
            Sample prompt = processor.prompt(conversation);
            try (LoadedModel model = folder.load(workshop.device(), Storage.KEEP)) {
                Decoding decoding = decoding(arguments, workshop.config().generation(), model, processor, prompt)
                        .moving(moves);
                Processor.TextStream text = processor.stream();
                long started = System.nanoTime();
                Decoding.Listener listener = (_, token) -> terminal.print(text.push(token));
                Optional<Speculation.Answer> helped = Arguments.<Path>find(arguments, "--draft")
                        .map(draft -> speculate(arguments, workshop, draft, decoding, prompt, listener));
                int[] answer = helped.map(Speculation.Answer::tokens)
                        .orElseGet(
                                () -> decoding.answer(List.of(prompt), listener).getFirst());
                terminal.println(text.end());
                helped.map(GenerateCommand::account).ifPresent(terminal::remark);
                double seconds = (System.nanoTime() - started) / 1e9;
                LOG.log(
                        Level.INFO,
                        "{0} tokens after a prompt of {1} in {2}",
                        answer.length,
                        prompt.tokens().length,
                        Amounts.time(seconds));
            }
        }
        return 0;
    }

    private static int draftTokens(ParseResult arguments) {
        return Arguments.get(arguments, "--draft-tokens", DRAFT_TOKENS);
    }

    private static void requireUnmoved(ParseResult arguments, Map<Integer, Supplier<Device>> moves) {
        if (Arguments.find(arguments, "--draft").isPresent() && !moves.isEmpty()) {
            throw new IllegalArgumentException(
                    "--move and --draft: an answer with a draft stays on its device; leave one out");
        }
        if (draftTokens(arguments) < 1) {
            throw new IllegalArgumentException("--draft-tokens must be 1 or more, is " + draftTokens(arguments));
        }
    }

    private static Speculation.Answer speculate(
            ParseResult arguments,
            Workshop workshop,
            Path draft,
            Decoding decoding,
            Sample prompt,
            Decoding.Listener listener) {
        try (ModelFolder folder = workshop.open(draft);
                LoadedModel student = folder.load(workshop.device(), Storage.KEEP)) {
            return decoding.with(student, draftTokens(arguments)).answer(prompt, listener);
        }
    }

    static String account(Speculation.Answer answer) {
        return "%d of %d drafted tokens stayed (%.0f %%); %d passes of the model after the prompt for %d tokens"
                .formatted(answer.accepted(), answer.drafted(), answer.rate(), answer.passes(), answer.tokens().length);
    }

    private static List<Message> conversation(ParseResult arguments) throws IOException {
        List<Picture> pictures = new ArrayList<>();
        for (Path file : Arguments.paths(arguments, "--image")) {
            pictures.add(Picture.read(file));
        }
        List<Message> conversation = new ArrayList<>();
        Arguments.<String>find(arguments, "--system")
                .ifPresent(system -> conversation.add(new Message(Message.Role.SYSTEM, system, List.of())));
        conversation.add(new Message(Message.Role.USER, Arguments.get(arguments, "--prompt", ""), pictures));
        return conversation;
    }

    private static Map<Integer, Supplier<Device>> moves(ParseResult arguments, Workshop workshop) {
        Map<Integer, Supplier<Device>> moves = new LinkedHashMap<>();
        for (String move : Arguments.get(arguments, "--move", new String[0])) {
            String[] parts = move.split(":", 2);
            if (parts.length < 2 || !parts[0].matches("[1-9]\\d{0,8}")) {
                throw new IllegalArgumentException(
                        "--move: found '%s'; name tokens and a device, as in 16:cpu".formatted(move));
            }
            DeviceChoice choice = workshop.devices().with(parts[1]);
            choice.requireAvailable();
            if (moves.put(Integer.valueOf(parts[0]), () -> workshop.device(choice)) != null) {
                throw new IllegalArgumentException(
                        "--move: found two moves after %s tokens; remove one".formatted(parts[0]));
            }
        }
        return moves;
    }

    private static Decoding decoding(
            ParseResult arguments, Generation defaults, LoadedModel model, Processor processor, Sample prompt) {
        Sampler sampler = Sampling.sampler(arguments, defaults, processor);
        int maxTokens = Sampling.maxTokens(arguments, defaults);
        return new Decoding(model, sampler, processor.stops(), processor.limit(prompt, maxTokens));
    }
}
