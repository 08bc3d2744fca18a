package carve.cpu;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.ReferenceDevice;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.api.tensor.Workspace;
import carve.cpu.Checks.Values;
import java.util.List;
import java.util.SplittableRandom;

/** Compares the device with the definition on the machine that it is started on, and prints what ran. */
final class MachineTrial {
    private final SplittableRandom random = new SplittableRandom(42);
    private final Device reference;
    private final Device cpu;

    private MachineTrial(Device reference, Device cpu) {
        this.reference = reference;
        this.cpu = cpu;
    }

    public static void main(String[] args) {
        System.out.println(new CpuDeviceProvider().probe());
        try (Device reference = new ReferenceDevice();
                Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.Blas.OWN, true))) {
            var trial = new MachineTrial(reference, cpu);
            trial.functions();
            trial.ops();
            cpu.workspace().choices().forEach((op, choice) -> System.out.println(op + ": " + choice));
            System.out.println(trial.required());
            System.out.println(codeRequired());
        }
    }

    private static String codeRequired() {
        CpuConfig config =
                new CpuConfig(1, CpuConfig.Blas.OWN, CpuConfig.Bf16.OWN, CpuConfig.Code.REQUIRED, true, 64, true);
        try (Device device = new CpuDevice(config)) {
            return "machine code runs on " + device.name();
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }

    private Values x(int... extents) {
        return Checks.random(random, -1, 1, extents);
    }

    private void functions() {
        for (Op.UnaryFunction function : Op.UnaryFunction.values()) {
            Values x = Checks.random(random, 0.1, 5, 7, 13);
            Checks.close(function.name(), 1e-6, apply(function, x, reference), apply(function, x, cpu));
        }
        Values a = x(37, 13);
        Values b = x(37, 65);
        for (boolean turned : new boolean[] {false, true}) {
            Values left = turned ? a : x(13, 37);
            Checks.close(
                    "product",
                    1e-5,
                    left.on(reference).matmul(b.on(reference), turned, false),
                    left.on(cpu).matmul(b.on(cpu), turned, false));
        }
    }

    private static Tensor apply(Op.UnaryFunction function, Values x, Device device) {
        return Tensors.apply(new Op.Unary(function), List.of(x.on(device)));
    }

    private void ops() {
        agree(new Linear(), x(5, 37), x(65, 37));
        agree(new RmsNorm(1e-5), x(5, 37), x(37));
        agree(new SwiGlu(), x(5, 37), x(5, 37));
        for (int queries : new int[] {1, 13}) {
            agree(
                    new SoftmaxAttention(0.3, true, 13, Sequences.whole(1, queries)),
                    x(1, queries, 4, 8),
                    x(1, 13, 2, 8),
                    x(1, 13, 2, 8));
        }
    }

    private void agree(FusedOp op, Values... operands) {
        List<Values> inputs = List.of(operands);
        Values weights = Checks.random(random, -1, 1, result(op, inputs).shape().extents());
        List<Tensor> expected = KernelAgreement.run(reference, op, inputs, List.of(weights));
        List<Tensor> actual = KernelAgreement.run(cpu, op, inputs, List.of(weights));
        for (int i = 0; i < expected.size(); i++) {
            Checks.close(op + ", value " + i, 1e-5, expected.get(i), actual.get(i));
        }
    }

    private Tensor result(FusedOp op, List<Values> inputs) {
        return Tensors.apply(op, Checks.on(reference, inputs)).getFirst();
    }

    private String required() {
        cpu.workspace().kernels(Workspace.Kernels.REQUIRED);
        try {
            Tensors.apply(new SwiGlu(), Checks.on(cpu, List.of(x(5), x(5))));
            return "kernels are required, and run";
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }
}
