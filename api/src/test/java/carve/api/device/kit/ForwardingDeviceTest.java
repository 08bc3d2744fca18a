package carve.api.device.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.Kernel;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A method with a default that is not forwarded would hide what the inner device or kernel does. */
final class ForwardingDeviceTest {
    private static Set<String> methods(Method[] methods) {
        return Arrays.stream(methods)
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .map(method -> method.getName() + Arrays.toString(method.getParameterTypes()))
                .collect(Collectors.toSet());
    }

    private static Set<String> missing(Class<?> type, Class<?> forwarding) {
        Set<String> missing = methods(type.getMethods());
        missing.removeAll(methods(forwarding.getDeclaredMethods()));
        return missing;
    }

    @Test
    void everyMethodOfADeviceIsForwarded() {
        assertEquals(Set.of(), missing(Device.class, ForwardingDevice.class));
    }

    @Test
    void everyMethodOfAKernelIsForwarded() {
        assertEquals(Set.of(), missing(Kernel.class, ForwardingKernel.class));
        assertEquals(Set.of(), missing(Kernel.class, UpcastKernel.class));
        assertEquals(Set.of(), missing(Kernel.class, ScopedKernel.class));
    }
}
