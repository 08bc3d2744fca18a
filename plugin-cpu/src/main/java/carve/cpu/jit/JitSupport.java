package carve.cpu.jit;

import carve.api.device.DeviceException;
import carve.cpu.config.CpuConfig;
import carve.cpu.memory.NativeMemory;
import java.lang.System.Logger.Level;

/** The decision whether a device uses machine code made at run time. */
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
                    "cpu: machine-code = required, but it is not available: %s; use machine-code = auto"
                            .formatted(reason));
        }
        if (!reason.isEmpty()) {
            LOG.log(Level.DEBUG, "machine-code kernels are disabled: {0}", reason);
        }
        return reason.isEmpty();
    }

    private static String reasonAgainst() {
        if (!MachineCode.isSupported() || NativeMemory.LANES != Assembler.LANES) {
            return "needs x86-64 Linux with AVX-512";
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
