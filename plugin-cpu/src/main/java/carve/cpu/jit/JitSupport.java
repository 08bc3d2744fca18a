package carve.cpu.jit;

import carve.api.device.DeviceException;
import carve.cpu.config.CpuConfig.MachineCodeMode;
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
     * Returns the reason why a device does not use machine code, or an empty string if it does.
     *
     * @throws DeviceException if it is required and not available
     */
    public static String reasonAgainst(MachineCodeMode mode) {
        if (mode == MachineCodeMode.OFF) {
            return "machine-code = off";
        }
        String reason = reasonAgainst();
        if (mode == MachineCodeMode.REQUIRED && !reason.isEmpty()) {
            throw new DeviceException(
                    "cpu: machine-code = required, but it is not available: %s; use machine-code = auto"
                            .formatted(reason));
        }
        if (!reason.isEmpty()) {
            LOG.log(Level.DEBUG, "machine-code kernels are disabled: {0}", reason);
        }
        return reason;
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
