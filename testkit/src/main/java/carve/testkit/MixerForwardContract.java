package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.Mixer;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The laws of a mixer on whole sequences, {@link Mixer#forward}. */
public abstract class MixerForwardContract extends MixerTestSupport {
    MixerForwardContract() {}

    /** Later positions change no bit of earlier ones. */
    @Test
    public void futureDoesNotReachThePast() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, LONG);
            Tensor y = forward(mixer, p, x);
            for (int t : new int[] {1, 5, 63, 64, LONG - 1}) {
                Tensor other = Tensors.concat(1, List.of(x.slice(1, 0, t), input(device, "other", 2, LONG - t)));
                Tensor changed = forward(mixer, p, other);
                TensorAssertions.assertBitwiseEqual("positions before " + t, y.slice(1, 0, t), changed.slice(1, 0, t));
                assertFalse(
                        Arrays.equals(
                                y.slice(1, t, t + 1).floats(),
                                changed.slice(1, t, t + 1).floats()),
                        "position " + t + " does not depend on itself");
            }
        });
    }

    /** Sequences packed into one row give the results of each alone. */
    @Test
    public void packedEqualsSeparate() {
        holds((device, mixer, p) -> {
            int[] offsets = {0, 1, 6, 9, LONG};
            Tensor x = input(device, "x", 1, LONG);
            Tensor packed = mixer.forward(p, x, SequenceLayout.packed(offsets), ActivationHook.NONE);
            for (int i = 1; i < offsets.length; i++) {
                Tensor alone = forward(mixer, p, x.slice(1, offsets[i - 1], offsets[i]));
                TensorAssertions.assertClose(
                        "sequence " + i, alone, packed.slice(1, offsets[i - 1], offsets[i]), Tolerance.SCAN);
            }
        });
    }

    /** Rows padded at their right ends give, before the padding, the results of each without it. */
    @Test
    public void paddedEqualsSeparate() {
        holds((device, mixer, p) -> {
            int[] lengths = {13, 1, 7};
            Tensor x = input(device, "x", 3, 13);
            Tensor padded = mixer.forward(p, x, SequenceLayout.padded(13, lengths), ActivationHook.NONE);
            for (int b = 0; b < lengths.length; b++) {
                Tensor alone = forward(mixer, p, x.slice(0, b, b + 1).slice(1, 0, lengths[b]));
                TensorAssertions.assertClose(
                        "row " + b, alone, padded.slice(0, b, b + 1).slice(1, 0, lengths[b]), Tolerance.SCAN);
            }
            assertTrue(allFinite(padded), "values at padding are finite");
        });
    }

    /**
     * Returns the comparison of gradients with central differences; override it where a mixer needs another step or
     * tolerance, and say why.
     */
    protected GradientCheck gradientCheck() {
        return GradientCheck.DEFAULT;
    }

    /** The gradients of the input and of every parameter equal central differences. */
    @Test
    public void gradientsEqualCentralDifferences() {
        holds((device, mixer, p) -> gradients(device, mixer, p, SequenceLayout.unpadded(2, 5)));
    }

    /** The gradients of packed rows equal central differences. */
    @Test
    public void gradientsOfPackedRowsEqualCentralDifferences() {
        holds((device, mixer, p) -> gradients(device, mixer, p, SequenceLayout.packed(0, 1, 3, 7)));
    }

    private void gradients(Device device, Mixer mixer, Params p, SequenceLayout sequenceLayout) {
        List<String> names = names(mixer);
        List<Tensor> operands =
                new ArrayList<>(List.of(input(device, "x", sequenceLayout.batch(), sequenceLayout.positions())));
        names.forEach(name -> operands.add(p.get(name)));
        gradientCheck().assertSampledGradients("x, " + String.join(", ", names), operands, in -> {
            Map<String, Tensor> given = new TreeMap<>();
            names.forEach(name -> given.put(name, in.get(1 + names.indexOf(name))));
            return List.of(mixer.forward(Params.of(given), in.getFirst(), sequenceLayout, ActivationHook.NONE));
        });
    }

    /** The result has the type of the input. */
    @Test
    public void resultHasTheTypeOfTheInput() {
        holds((device, mixer, p) -> {
            Tensor x = input(device, "x", 2, 5);
            assertEquals(x.type(), forward(mixer, p, x).type());
            assertTrue(allFinite(forward(mixer, p, x)));
        });
    }
}
