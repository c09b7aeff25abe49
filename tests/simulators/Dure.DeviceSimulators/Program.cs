using System.Globalization;
using Dure.DeviceSimulators;

// Dure.DeviceSimulators PROTOCOL FOLDER [PORT [CONTROL-PORT]]: a simulated reactor that speaks scpi, http, opentrons, sila or sila-keyless until it is killed; or a station.
if (args.Length < 2)
{
    Console.Error.WriteLine("Dure.DeviceSimulators scpi|http|opentrons|sila|sila-keyless FOLDER [PORT [CONTROL-PORT]]");
    return 2;
}
int Port(int place) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : 0;
Directory.CreateDirectory(args[1]);
if (args[0] == "station") // station FOLDER PORT MILLISECONDS SEED
{
    var station = await Station.Start(args[1], Port(2), Port(3), Port(4));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ready {station}"));
    await Task.Delay(Timeout.Infinite);
}
using var reactor = new SimulatedReactor(Path.Combine(args[1], "executed.log"));
var inner = args[0] switch
{
    "scpi" => ScpiReactor.Start(reactor),
    "http" => await HttpReactor.Start(reactor),
    "opentrons" => await OpentronsReactor.Start(reactor, args[1]),
    "sila" => await SilaReactor.Start(reactor, hasKeys: true),
    "sila-keyless" => await SilaReactor.Start(reactor, hasKeys: false),
    _ => throw new ArgumentException($"The protocol '{args[0]}' is not simulated."),
};
using var proxy = new FaultyLine(Port(2), inner, reactor);
var control = await ControlDoor.Start(Port(3), reactor, proxy);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ready {proxy.Port} {control}"));
await Task.Delay(Timeout.Infinite);
return 0;
