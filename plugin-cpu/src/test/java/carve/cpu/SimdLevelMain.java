package carve.cpu;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.TestTensors.HostTensor;
import carve.cpu.config.CpuConfig;
import java.util.List;
import java.util.SplittableRandom;

/** Compares the device with the definition on the machine that it is started on, and prints what ran. */
final class SimdLevelMain {
    private final SplittableRandom random = new SplittableRandom(42);
    private final Device reference;
    private final Device cpu;

    private SimdLevelMain(Device reference, Device cpu) {
        this.reference = reference;
        this.cpu = cpu;
    }

    public static void main(String[] args) {
        System.out.println(new CpuDeviceProvider().probe());
        try (Device reference = new ReferenceDevice();
                Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))) {
            var trial = new SimdLevelMain(reference, cpu);
            trial.functions();
            trial.ops();
            cpu.context().kernels().choices().forEach((op, choice) -> System.out.println(op + ": " + choice));
            System.out.println(trial.required());
            System.out.println(codeRequired());
        }
    }

    private static String codeRequired() {
        CpuConfig config = new CpuConfig(
                1,
                CpuConfig.BlasMode.BUILTIN,
                CpuConfig.Bf16Mode.BUILTIN,
                CpuConfig.MachineCodeMode.REQUIRED,
                true,
                64,
                true);
        try (Device device = new CpuDevice(config)) {
            return "machine code runs on " + device.name();
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }

    private HostTensor x(int... extents) {
        return TestTensors.random(random, -1, 1, extents);
    }

    private void functions() {
        for (Op.UnaryFunction function : Op.UnaryFunction.values()) {
            HostTensor x = TestTensors.random(random, 0.1, 5, 7, 13);
            TestTensors.assertClose(function.name(), 1e-6, apply(function, x, reference), apply(function, x, cpu));
        }
        HostTensor a = x(37, 13);
        HostTensor b = x(37, 65);
        for (boolean turned : new boolean[] {false, true}) {
            HostTensor left = turned ? a : x(13, 37);
            TestTensors.assertClose(
                    "product",
                    1e-5,
                    left.on(reference).matmul(b.on(reference), turned, false),
                    left.on(cpu).matmul(b.on(cpu), turned, false));
        }
    }

    private static Tensor apply(Op.UnaryFunction function, HostTensor x, Device device) {
        return Tensors.apply(new Op.Unary(function), List.of(x.on(device)));
    }

    private void ops() {
        agree(new Linear(), x(5, 37), x(65, 37));
        agree(new RmsNorm(1e-5), x(5, 37), x(37));
        agree(new SwiGlu(), x(5, 37), x(5, 37));
        for (int queries : new int[] {1, 13}) {
            agree(
                    new SoftmaxAttention(0.3, true, 13, SequenceLayout.unpadded(1, queries)),
                    x(1, queries, 4, 8),
                    x(1, 13, 2, 8),
                    x(1, 13, 2, 8));
        }
    }

    private void agree(FusedOp op, HostTensor... operands) {
        List<HostTensor> inputs = List.of(operands);
        HostTensor weights =
                TestTensors.random(random, -1, 1, result(op, inputs).shape().extents());
        List<Tensor> expected = KernelReferenceCheck.run(reference, op, inputs, List.of(weights));
        List<Tensor> actual = KernelReferenceCheck.run(cpu, op, inputs, List.of(weights));
        for (int i = 0; i < expected.size(); i++) {
            TestTensors.assertClose(op + ", value " + i, 1e-5, expected.get(i), actual.get(i));
        }
    }

    private Tensor result(FusedOp op, List<HostTensor> inputs) {
        return Tensors.apply(op, TestTensors.toDevice(reference, inputs)).getFirst();
    }

    private String required() {
        cpu.context().kernels().policy(KernelPolicy.REQUIRED);
        try {
            Tensors.apply(new SwiGlu(), TestTensors.toDevice(cpu, List.of(x(5), x(5))));
            return "kernels are required, and run";
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }
}
