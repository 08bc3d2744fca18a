package carve.cpu;

import carve.api.device.DeviceException;
import carve.cpu.gemm.SkinnyGemmGenerator;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.MachineCode;
import carve.cpu.memory.NativeMemory;
import java.lang.System.Logger.Level;

/** Whether a device uses machine code that it makes at run time; said in the log. */
public final class JitSupport {
    private static final System.Logger LOG = System.getLogger(
            JitSupport.class.getModule().isNamed()
                    ? JitSupport.class.getModule().getName()
                    : JitSupport.class.getPackageName());

    private JitSupport() {}

    /**
     * Returns whether machine code is wanted and runs.
     *
     * @throws DeviceException if it is required and does not
     */
    public static boolean isEnabled(CpuConfig.MachineCodeMode policy) {
        if (policy == CpuConfig.MachineCodeMode.OFF) {
            return false;
        }
        String reason = reasonAgainst();
        if (policy == CpuConfig.MachineCodeMode.REQUIRED && !reason.isEmpty()) {
            throw new DeviceException(
                    "cpu: machine-code = required, but there is none here: %s; auto does without it".formatted(reason));
        }
        if (!reason.isEmpty()) {
            LOG.log(Level.DEBUG, "no machine code is made: {0}", reason);
        }
        return reason.isEmpty();
    }

    private static String reasonAgainst() {
        if (!MachineCode.isSupported() || NativeMemory.LANES != SkinnyGemmGenerator.LANES) {
            return "this is not x86-64 Linux with vectors of 512 bits";
        }
        Assembler code = new Assembler();
        code.ret();
        try (MachineCode trial = MachineCode.of(code.bytes())) {
            trial.call(0, 0, 0, 0, 0, 0, 0, 0);
            return "";
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }
}
