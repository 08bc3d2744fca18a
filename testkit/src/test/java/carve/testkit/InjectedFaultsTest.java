package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract of mixers catches each seeded fault, and by the laws that the fault breaks alone. */
final class InjectedFaultsTest {
    private static MixerContract contract(UnaryOperator<Mixer> fault) {
        return new MixerContract() {
            @Override
            protected Mixer mixer(LayerConfig dims) {
                return fault.apply(new Retention(dims, 0.9));
            }
        };
    }

    // all of the contract, whatever is added to it
    private static List<Method> laws() {
        return Arrays.stream(MixerContract.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
    }

    private static Set<String> broken(MixerContract contract) throws IllegalAccessException {
        Set<String> broken = new TreeSet<>();
        for (Method law : laws()) {
            try {
                law.invoke(contract);
            } catch (InvocationTargetException e) {
                broken.add(law.getName());
            }
        }
        return broken;
    }

    @ParameterizedTest
    @EnumSource
    void faultIsCaughtByTheLawsItBreaks(MixerFault mixerFault) throws IllegalAccessException {
        assertEquals(mixerFault.caughtBy(), broken(contract(mixerFault::in)));
    }

    @Test
    void nothingIsCaughtWhereNothingIsWrong() throws IllegalAccessException {
        assertEquals(Set.of(), broken(contract(whole -> whole)));
    }
}
