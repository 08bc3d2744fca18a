package carve.runtime;

import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.text.Processor;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A model with its weights on the device of a {@link Carve}. Confined to the thread that opened that.
 *
 * {@snippet :
 * Generation answer = model.generate(Prompt.user("Who are you?"), Sampling.greedy(), piece -> System.out.print(piece.text()));
 * }
 */
public final class Model implements AutoCloseable {
    private final Carve carve;
    private final ModelSource source;
    private final LoadedModel loaded;
    private final Processor processor;
    private boolean closed;

    Model(Carve carve, ModelSource source, LoadedModel loaded, Processor processor) {
        this.carve = carve;
        this.source = source;
        this.loaded = loaded;
        this.processor = processor;
    }

    /** Returns the model's architecture: layers, mixers, parameters. */
    public ModelSpec spec() {
        return loaded.spec();
    }

    /** Returns the model's tokenizer and chat template; closed with the model. */
    public Processor processor() {
        return processor;
    }

    ModelSource source() {
        requireOpen();
        return source;
    }

    /**
     * Generates a reply to a prompt.
     *
     * @throws IllegalArgumentException if the model cannot read the prompt, for instance its images
     */
    public Generation generate(Prompt prompt, Sampling sampling) {
        return generate(prompt, sampling, _ -> {});
    }

    /**
     * Generates a reply to a prompt.
     *
     * @param listener receives the text piece by piece as it is generated
     * @throws IllegalArgumentException if the model cannot read the prompt, for instance its images
     */
    public Generation generate(Prompt prompt, Sampling sampling, Consumer<TextPiece> listener) {
        requireOpen();
        return new TextGeneration(loaded, processor, sampling, listener).run(processor.prompt(prompt.messages()));
    }

    /**
     * Asks the questions of a file and compares the model's answers with the expected ones, exactly.
     *
     * @param questions a JSON file in LLaVA's format
     * @throws carve.api.json.JsonException if the file is not in this format
     * @throws IOException if the file or one of its images cannot be read
     */
    public ExactMatchEvaluation.Result evaluate(Path questions, EvaluationConfig config, Progress progress)
            throws IOException {
        requireOpen();
        try (Progress.Phase listener = progress.begin("evaluation", "questions")) {
            return new ExactMatchEvaluation(loaded, processor, config).run(LlavaQuestions.read(questions), listener);
        }
    }

    /**
     * Writes the model to a folder in Hugging Face layout, in the storage types that it has.
     *
     * @param folder a folder that does not exist, or one whose checkpoint is replaced
     * @throws carve.api.checkpoint.CheckpointException if something cannot be written; the folder is then as it was
     */
    public void save(Path folder) {
        requireOpen();
        source.save(loaded, folder);
    }

    private void requireOpen() {
        carve.requireThread();
        if (closed) {
            throw new IllegalStateException("this model is closed");
        }
    }

    /** Frees the weights. Closing twice does nothing more. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        requireOpen();
        closed = true;
        carve.closed(this);
        processor.close();
        loaded.close();
        source.close();
    }
}
