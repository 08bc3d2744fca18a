package carve.app.demo;

import carve.api.model.LoadedModel;
import carve.api.param.ParamSpec;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.eval.MultiTurnEvaluation;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model that is compared with others, and its results.
 *
 * @param name what it is called in the table
 * @param result its answers
 * @param turnResults its answers in conversations, turn by turn
 * @param parameters how many it has
 * @param stateBytes bytes of its state at each of {@link #CONTEXT_LENGTHS}
 * @param shortContextRate tokens per second after the short context
 * @param longContextRate tokens per second after the long context
 * @param answers what it says to the questions of all, one conversation
 */
public record ComparedModel(
        String name,
        ExactMatchEvaluation.Result result,
        List<ExactMatchEvaluation.Result> turnResults,
        long parameters,
        List<Long> stateBytes,
        double shortContextRate,
        double longContextRate,
        List<String> answers) {
    /** Positions at which sizes of states are told. */
    static final List<Long> CONTEXT_LENGTHS = List.of(1024L, 16 * 1024L, 103 * 1024L);

    private static final int PREFILL_CHUNK = 1024;

    /**
     * The parts that models are opened, measured and evaluated with.
     *
     * @param terminal where progress is shown
     * @param modelOpener opens their folders
     * @param openDevices the device that they run on
     * @param evaluation how they are evaluated
     */
    public record Environment(
            Terminal terminal, ModelOpener modelOpener, OpenDevices openDevices, EvaluationConfig evaluation) {}

    /**
     * The questions that all models are asked.
     *
     * @param questions with right answers
     * @param turns how many of them are asked in one conversation about each picture; none if 0
     * @param shortContext a context length at which decoding is timed
     * @param longContext a longer one
     * @param decodeTokens for how many tokens
     * @param image of the questions of all
     * @param conversation the questions of all, one after the other in one conversation
     */
    record ComparisonTasks(
            List<LlavaQuestions.Question> questions,
            int turns,
            int shortContext,
            int longContext,
            int decodeTokens,
            Path image,
            List<String> conversation) {}

    double accuracy() {
        return result.overall().accuracy();
    }

    /** Asks and measures the model in a folder. */
    static ComparedModel measure(Environment environment, String name, Path path, ComparisonTasks comparisonTasks)
            throws IOException {
        try (ModelFolder folder = environment.modelOpener().open(path);
                Processor processor = folder.processor();
                LoadedModel model = folder.load(environment.openDevices().device(), WeightPrecision.AS_STORED)) {
            ExactMatchEvaluation exactMatchEvaluation =
                    new ExactMatchEvaluation(model, processor, environment.evaluation());
            ExactMatchEvaluation.Result result;
            try (ProgressBar bar = new ProgressBar(environment.terminal(), "asking " + name, "questions")) {
                result = exactMatchEvaluation.run(comparisonTasks.questions(), bar);
            }
            List<ExactMatchEvaluation.Result> turns;
            try (ProgressBar bar = new ProgressBar(environment.terminal(), "talking to " + name, "questions")) {
                turns = MultiTurnEvaluation.of(comparisonTasks.questions(), comparisonTasks.turns())
                        .run(exactMatchEvaluation, bar);
            }
            long parameters = folder.spec().parameters().stream()
                    .map(ParamSpec::shape)
                    .mapToLong(s -> s.size())
                    .sum();
            List<Long> state = CONTEXT_LENGTHS.stream()
                    .map(length -> folder.spec().stateBytes(1, length))
                    .toList();
            int[] tokens = processor
                    .prompt(List.of(Message.user(comparisonTasks.conversation().getFirst())))
                    .tokens();
            return new ComparedModel(
                    name,
                    result,
                    turns,
                    parameters,
                    state,
                    decodeRate(model, tokens, comparisonTasks.shortContext(), comparisonTasks.decodeTokens()),
                    decodeRate(model, tokens, comparisonTasks.longContext(), comparisonTasks.decodeTokens()),
                    converse(model, processor, comparisonTasks));
        }
    }

    private static double decodeRate(LoadedModel model, int[] tokens, int context, int steps) {
        int[] prompt =
                IntStream.range(0, context).map(i -> tokens[i % tokens.length]).toArray();
        Set<Integer> images = model.spec().input().imageToken().stream().boxed().collect(Collectors.toSet());
        // the first step compiles and packs
        try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withPrefillChunk(PREFILL_CHUNK))) {
            GenerationRequest request = new GenerationRequest(
                            Prompt.text(prompt), Sampler.greedy(images), Set.of(), steps + 2)
                    .with(CachePolicy.NONE);
            List<GenerationEvent.TokenGenerated> generated =
                    generator.generate(request, TokenListener.NONE).generated();
            long nanos = generated.getLast().nanos() - generated.get(1).nanos();
            return steps / (nanos * 1e-9);
        }
    }

    private static List<String> converse(LoadedModel model, Processor processor, ComparisonTasks comparisonTasks)
            throws IOException {
        List<Message> conversation = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        try (Generator generator = new Generator(model)) {
            for (String text : comparisonTasks.conversation()) {
                conversation.add(
                        conversation.isEmpty()
                                ? Message.user(text, EncodedImage.read(comparisonTasks.image()))
                                : Message.user(text));
                GenerationRequest request = new GenerationRequest(
                        generator.prompt(processor.prompt(conversation)),
                        Sampler.greedy(processor.suppressedTokens()),
                        processor.stopTokens(),
                        64);
                answers.add(processor.decode(
                        generator.generate(request, TokenListener.NONE).tokens()));
                conversation.add(Message.assistant(answers.getLast()));
            }
        }
        return answers;
    }
}
