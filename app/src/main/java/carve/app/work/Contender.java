package carve.app.work;

import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.ModelFolder;
import carve.api.model.ModelState;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.api.param.ParamSpec;
import carve.app.terminal.ProgressBar;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of a model that is compared with others.
 *
 * @param name what it is called in the table
 * @param result its answers
 * @param turns its answers in conversations, turn by turn
 * @param parameters how many it has
 * @param state bytes of its state at each of {@link #LENGTHS}
 * @param atShort tokens per second after the short context
 * @param atLong tokens per second after the long context
 * @param said what it says to the questions of all, one conversation
 */
record Contender(
        String name,
        Evaluation.Result result,
        List<Evaluation.Result> turns,
        long parameters,
        List<Long> state,
        double atShort,
        double atLong,
        List<String> said) {
    /** Positions at which sizes of states are told. */
    static final List<Long> LENGTHS = List.of(1024L, 16 * 1024L, 103 * 1024L);

    private static final int PIECE = 1024;

    /**
     * What all are asked.
     *
     * @param questions with right answers
     * @param turns how many of them are asked in one conversation about each picture; none if 0
     * @param atShort a context length at which decoding is timed
     * @param atLong a longer one
     * @param tokens for how many tokens
     * @param image of the questions of all
     * @param asked the questions of all, one after the other in one conversation
     */
    record Tasks(
            List<Conversations.Question> questions,
            int turns,
            int atShort,
            int atLong,
            int tokens,
            Path image,
            List<String> asked) {}

    double accuracy() {
        return result.all().accuracy();
    }

    /** Asks and measures the model in a folder. */
    static Contender measure(Workshop workshop, String name, Path path, Tasks tasks) throws IOException {
        try (ModelFolder folder = workshop.open(path);
                Processor processor = folder.processor();
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP)) {
            Evaluation evaluation =
                    new Evaluation(model, processor, workshop.config().evaluation());
            Evaluation.Result result;
            try (ProgressBar bar = new ProgressBar(workshop.terminal(), "asking " + name, "questions")) {
                result = evaluation.run(tasks.questions(), bar);
            }
            List<Evaluation.Result> turns;
            try (ProgressBar bar = new ProgressBar(workshop.terminal(), "talking to " + name, "questions")) {
                turns = Talks.of(tasks.questions(), tasks.turns()).run(evaluation, bar);
            }
            long parameters = folder.spec().parameters().stream()
                    .map(ParamSpec::shape)
                    .mapToLong(s -> s.size())
                    .sum();
            List<Long> state = LENGTHS.stream()
                    .map(length -> folder.spec().stateBytes(1, length))
                    .toList();
            int[] tokens = processor
                    .prompt(List.of(Message.user(tasks.asked().getFirst())))
                    .tokens();
            return new Contender(
                    name,
                    result,
                    turns,
                    parameters,
                    state,
                    speed(model, tokens, tasks.atShort(), tasks.tokens()),
                    speed(model, tokens, tasks.atLong(), tasks.tokens()),
                    talk(model, processor, tasks));
        }
    }

    private static double speed(LoadedModel model, int[] tokens, int context, int steps) {
        try (ModelState state = model.model().newState(model.device(), 1, context + steps + 1)) {
            for (int done = 0; done < context; done += PIECE) {
                int[] next = new int[Math.min(PIECE, context - done)];
                for (int i = 0; i < next.length; i++) {
                    next[i] = tokens[(done + i) % tokens.length];
                }
                Decoding.advance(model, Inputs.text(next), state);
            }
            Decoding.advance(model, Inputs.text(tokens[0]), state); // the first step compiles and packs
            long started = System.nanoTime();
            for (int i = 0; i < steps; i++) {
                Decoding.advance(model, Inputs.text(tokens[i % tokens.length]), state);
            }
            return steps / ((System.nanoTime() - started) / 1e9);
        }
    }

    private static List<String> talk(LoadedModel model, Processor processor, Tasks tasks) throws IOException {
        Decoding decoding = new Decoding(model, Sampler.greedy(processor.excluded()), processor.stops(), 64);
        List<Message> talk = new ArrayList<>();
        List<String> said = new ArrayList<>();
        for (String text : tasks.asked()) {
            talk.add(talk.isEmpty() ? Message.user(text, Picture.read(tasks.image())) : Message.user(text));
            int[] answer = decoding.answer(List.of(processor.prompt(talk)), (_, _) -> {})
                    .getFirst();
            said.add(processor.decode(answer));
            talk.add(Message.assistant(said.getLast()));
        }
        return said;
    }
}
