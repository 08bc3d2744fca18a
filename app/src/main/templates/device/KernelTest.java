package {{package}};

import carve.api.device.Device;
import carve.testkit.KernelContract;
import java.util.Set;

final class {{class}}KernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new {{class}}();
    }

    @Override
    protected Set<String> kernels() {
        return Set.of("swiglu");
    }
}
