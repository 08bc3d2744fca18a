package carve.runtime.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Embeds a prompt piece by piece: each row of pictures alone, so that its bits do not depend on the others, and once; words
 * as they come. On the device's thread.
 */
final class PromptEmbedder implements AutoCloseable {
    private final LoadedModel model;
    private final Prompt prompt;
    private int row = -1;
    private Optional<Tensor> embedded = Optional.empty();
    // rows that the positions of the last call may still use
    private final List<Tensor> retired = new ArrayList<>();

    PromptEmbedder(LoadedModel model, Prompt prompt) {
        this.model = model;
        this.prompt = prompt;
    }

    /** Returns the embedded positions {@code (1, to - from, D)}. */
    Tensor encode(int from, int to) {
        closeRetired();
        List<Tensor> parts = new ArrayList<>();
        int at = from;
        for (int r = 0; r < prompt.mediaStarts().size() && at < to; r++) {
            int start = prompt.mediaStarts().get(r);
            int end = start + prompt.tokensPerMediaRow();
            if (end > at && start < to) {
                if (start > at) {
                    parts.add(embedText(at, start));
                    at = start;
                }
                int until = Math.min(end, to);
                parts.add(embedPicture(r).slice(1, at - start, until - start));
                at = until;
            }
        }
        if (at < to) {
            parts.add(embedText(at, to));
        }
        return Tensors.concat(1, parts);
    }

    private Tensor embedText(int from, int to) {
        return encode(ModelInputs.text(Arrays.copyOfRange(prompt.tokens(), from, to)));
    }

    private Tensor encode(ModelInputs modelInputs) {
        return model.spec()
                .input()
                .encode(model.params().under("input"), modelInputs)
                .x();
    }

    private Tensor embedPicture(int index) {
        if (row != index) {
            embedded.ifPresent(retired::add);
            embedded = Optional.of(Scope.keep(Scope.run(model.device(), () -> embed(index))));
            row = index;
        }
        return embedded.orElseThrow();
    }

    private Tensor embed(int index) {
        int start = prompt.mediaStarts().get(index);
        int[] tokens = Arrays.copyOfRange(prompt.tokens(), start, start + prompt.tokensPerMediaRow());
        Map<String, Tensor> media = new TreeMap<>();
        for (Map.Entry<String, HostTensor> entry : prompt.mediaRows().get(index).entrySet()) {
            media.put(entry.getKey(), entry.getValue().copyTo(model.device()));
        }
        return encode(new ModelInputs(tokens, SequenceLayout.unpadded(1, tokens.length), media));
    }

    private void closeRetired() {
        retired.forEach(tensor -> tensor.buffer().close());
        retired.clear();
    }

    @Override
    public void close() {
        closeRetired();
        embedded.ifPresent(tensor -> tensor.buffer().close());
        embedded = Optional.empty();
        row = -1;
    }
}
