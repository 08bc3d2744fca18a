package carve.runtime.engine;

import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import java.util.List;

/**
 * A model that was opened to be served.
 *
 * @param model the model, on a device that belongs to the thread which opened it
 * @param drafts a draft model for speculative decoding on the same device, or none; among the resources
 * @param processor what talks to it, from any thread
 * @param fingerprint all that its numbers depend on: a snapshot of one identity is of no use to another
 * @param resources what is closed after it, last one first
 * @param files the files that it was opened from
 */
public record EngineModel(
        LoadedModel model,
        List<DraftModel> drafts,
        Processor processor,
        List<String> fingerprint,
        List<AutoCloseable> resources,
        ModelFiles files) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if the draft has another vocabulary
     */
    public EngineModel {
        drafts = List.copyOf(drafts);
        drafts.forEach(draft -> draft.requireFits(model));
        fingerprint = List.copyOf(fingerprint);
        resources = List.copyOf(resources);
    }

    /** Makes one without a draft model and files. */
    public EngineModel(
            LoadedModel model, Processor processor, List<String> fingerprint, List<AutoCloseable> resources) {
        this(model, List.of(), processor, fingerprint, resources, new ModelFiles(List.of()));
    }

    /** Opens a model on the thread of its engine. */
    @FunctionalInterface
    public interface Loader {
        /** Returns the model. */
        EngineModel load();
    }
}
