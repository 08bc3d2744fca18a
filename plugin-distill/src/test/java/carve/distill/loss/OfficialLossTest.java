package carve.distill.loss;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import carve.testkit.Fixture;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The losses with official settings are those of mmMamba's {@code EndtoEnd}. */
final class OfficialLossTest {
    private static final int ROWS = 2;
    private static final int POSITIONS = 5;

    private static LossInputs observations(Device device, Fixture fixture, Tensor student) {
        int[] labels = fixture.ints("in.labels");
        int[] targets = new int[labels.length];
        Arrays.fill(targets, -100);
        for (int i = 0; i < labels.length; i++) {
            if (i % POSITIONS > 0) {
                targets[i - 1] = labels[i];
            }
        }
        Shape positions = Shape.of(ROWS, POSITIONS);
        return new LossInputs(
                student,
                fixture.tensor(device, "in.teacher_logits"),
                Tensors.of(device, positions, targets),
                Tensors.ones(device, positions));
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1.0", "2.0, 0.5", "2.0, 1.0"})
    void divergenceIsTheOfficialOne(String temperature, String alpha) {
        try (Device device = new ReferenceDevice();
                Fixture fixture = Fixture.open("distill_mm/endtoend_loss")) {
            Loss loss = TestParts.loss("type = kl, mask = all, reduction = batch-mean, temperature = %s, weight = %s"
                    .formatted(temperature, alpha));
            Tape tape = new Tape();
            Tensor student = tape.watch(fixture.tensor(device, "in.student_logits"));
            Tensor value = loss.compute(observations(device, fixture, student)).multiply(loss.weight());
            String prefix = "out.T" + temperature + "a" + alpha;
            fixture.assertAgrees("value", prefix + ".kl", value);
            // the official gradient is that of both losses
            Tensor both =
                    value.add(TestParts.loss("type = cross-entropy").compute(observations(device, fixture, student)));
            fixture.assertAgrees(
                    "grad",
                    prefix + ".grad",
                    tape.gradients(both, List.of(student)).getFirst());
        }
    }

    @Test
    void crossEntropyIsTheOfficialOne() {
        try (Device device = new ReferenceDevice();
                Fixture fixture = Fixture.open("distill_mm/endtoend_loss")) {
            Tensor student = fixture.tensor(device, "in.student_logits");
            fixture.assertAgrees(
                    "value",
                    "out.T1.0a1.0.ce",
                    TestParts.loss("type = cross-entropy").compute(observations(device, fixture, student)));
        }
    }
}
