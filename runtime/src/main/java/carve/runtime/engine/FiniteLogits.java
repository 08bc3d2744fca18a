package carve.runtime.engine;

import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.engine.EngineException.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A check that logits are finite, so that a model with broken weights fails instead of answering. */
final class FiniteLogits {
    private FiniteLogits() {}

    /**
     * Checks a row of logits. Minus infinity excludes a token and is allowed.
     *
     * @throws EngineException if one is not a number, or is infinite
     */
    static void require(float[] logits, int offset, int vocabulary) {
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits[offset + token];
            if (!(logit < Float.POSITIVE_INFINITY)) {
                throw failure("The logit of token %d is %s".formatted(token, logit));
            }
        }
    }

    /** Returns the error of a sequence whose token was to be sampled on the device, from logits that are not finite. */
    static EngineException failureOnDevice() {
        return failure("A logit is not a number, or is infinite");
    }

    private static EngineException failure(String found) {
        return new EngineException(Reason.NON_FINITE_LOGITS, found);
    }

    /** Returns whether a sequence failed because of logits that are not finite. */
    static boolean isMissing(RuntimeException cause) {
        return cause instanceof EngineException e && e.reason() == Reason.NON_FINITE_LOGITS;
    }

    /**
     * Returns the cause with the layer that gives the first values that are not finite, which a second pass over the sequence
     * finds.
     */
    static EngineException located(RuntimeException cause, ForwardPass pass, Prompt seen) {
        Optional<String> place = Scope.run(
                pass.device(),
                () -> pass.model().model().firstNonFinite(pass.model().params(), inputs(pass, seen)));
        return failure("%s: %s; check the weights of the model and their numeric type."
                .formatted(cause.getMessage(), place.orElse("no layer gives such values, so the output weights do")));
    }

    private static ModelInputs inputs(ForwardPass pass, Prompt seen) {
        Map<String, Tensor> media = new TreeMap<>();
        for (Map<String, HostTensor> row : seen.mediaRows()) {
            row.forEach((name, tensor) -> media.merge(
                    name, tensor.copyTo(pass.device()), (before, more) -> Tensors.concat(0, List.of(before, more))));
        }
        return new ModelInputs(seen.tokens(), SequenceLayout.unpadded(1, seen.length()), media);
    }
}
