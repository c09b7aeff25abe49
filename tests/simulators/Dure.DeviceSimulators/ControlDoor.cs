using System.Net;
using Dure.Devices.Conformance;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dure.DeviceSimulators;

/// <summary>Where tests count executions and choose faults; no part of the device.</summary>
internal static class ControlDoor
{
    public static Task<int> Start(int port, SimulatedReactor reactor, FaultyLine line) => Web.Start(port, app =>
    {
        app.MapGet("/executions", () => reactor.Executions);
        app.MapGet("/busy", () => reactor.IsBusy);
        app.MapPost("/fault/{fault}", (DeviceFault fault) => line.Inject(fault));
    });
}

/// <summary>A small web server on loopback.</summary>
internal static class Web
{
    public static async Task<int> Start(int port, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }
}
