package carve.app.command;

import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.app.terminal.Table;
import carve.app.work.DeviceChoice;
import carve.app.work.Workshop;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve devices}. */
final class DevicesCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "devices",
                        "Show the devices, whether they can be used here or why not, and which one is taken (*).")
                .example("carve devices")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        DeviceChoice choice = workshop.devices();
        Optional<String> chosen = choice.chosen();
        Table table = new Table("DEVICE", "RANK", "");
        for (DeviceChoice.Probed device : choice.probe()) {
            String name = device.name() + (chosen.filter(device.name()::equals).isPresent() ? " *" : "");
            switch (device.availability()) {
                case Available(int rank, String description) -> table.row(name, rank, description);
                case Unavailable(String reason) -> table.row(name, "-", "not available: " + reason);
            }
        }
        table.print(workshop.terminal());
        return 0;
    }
}
