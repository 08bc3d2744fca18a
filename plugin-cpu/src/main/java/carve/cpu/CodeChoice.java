package carve.cpu;

import carve.api.device.DeviceException;
import carve.cpu.code.Assembler;
import carve.cpu.code.MachineCode;
import java.lang.System.Logger.Level;

/** Whether a device uses machine code that it makes at run time; said in the log. */
final class CodeChoice {
    private static final System.Logger LOG = System.getLogger(
            CodeChoice.class.getModule().isNamed()
                    ? CodeChoice.class.getModule().getName()
                    : CodeChoice.class.getPackageName());

    private CodeChoice() {}

    /**
     * Returns whether machine code is wanted and runs.
     *
     * @throws DeviceException if it is required and does not
     */
    static boolean serves(CpuConfig.Code policy) {
        if (policy == CpuConfig.Code.OFF) {
            return false;
        }
        String reason = reasonAgainst();
        if (policy == CpuConfig.Code.REQUIRED && !reason.isEmpty()) {
            throw new DeviceException(
                    "cpu: machine-code = required, but there is none here: %s; auto does without it".formatted(reason));
        }
        if (!reason.isEmpty()) {
            LOG.log(Level.DEBUG, "no machine code is made: {0}", reason);
        }
        return reason.isEmpty();
    }

    private static String reasonAgainst() {
        if (!MachineCode.isForThisSystem() || Memory.LANES != ProductCode.LANES) {
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
