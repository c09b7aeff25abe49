using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Cli;
using Dure.Datasets;
using Dure.Historian.Sources;
using Dure.Exchange.Identity;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Loop.Retraining;
using Dure.Node.Acting;
using Dure.Node.Http;
using Dure.Node.Lab;
using Dure.Node.Runs;
using Dure.Web;
using Microsoft.AspNetCore.Authentication;

namespace Dure.Node.Hosting;

/// <summary>A node that runs in this process: stores opened, doors open, address known.</summary>
public sealed class NodeHost : IRunningNode
{
    private readonly WebApplication app;
    private readonly NodeStores stores;
    private readonly string addressFile;

    private NodeHost(WebApplication app, NodeStores stores, Uri address, string administratorToken, string addressFile, IReadOnlyList<string> notes)
    {
        (this.app, this.stores, this.addressFile) = (app, stores, addressFile);
        (Address, AdministratorToken, StartNotes) = (address, administratorToken, notes);
    }

    public Uri Address { get; }
    public IReadOnlyList<Uri> MqttAddresses { get; private init; } = [];
    public string AdministratorToken { get; }
    public IReadOnlyList<string> StartNotes { get; }
    public Uri SignInLink => new(Address, $"sign-in/{app.Services.GetRequiredService<SessionBook>().SignInCode}");

    /// <summary>Checks the settings, opens and recovers the stores, and listens.</summary>
    /// <exception cref="ProblemException">A setting, the folder or the address does not work; it says which and what to do.</exception>
    public static async Task<NodeHost> Start(NodeOptions options, TimeProvider time, CancellationToken cancel)
    {
        options.Validate();
        var stores = await NodeStores.Open(options.DataPath, time, cancel);
        var mqtt = new MqttDoor();
        try
        {
            var token = await AdministratorTokenOf(options.DataPath, stores.Tokens, cancel);
            using var listeners = new NodeListeners(options);
            var app = Build(options, stores, listeners, mqtt, time);
            app.Services.GetRequiredService<ExchangeIdentity>(); // folds the journal before anyone adds to it
            if (listeners.HasMqtt)
                await mqtt.Open(options, stores.Tokens, app.Services, time, cancel);
            var runs = app.Services.GetRequiredService<RunBoard>();
            var resumed = runs.Start();
            await app.Services.GetRequiredService<RetrainingDesk>().Resume(cancel);
            app.Services.GetRequiredService<AlarmResponder>().Start();
            app.Services.StartLab();
            // Partners may write as soon as the node listens: by then it must know who it is, unless its port is still to be found.
            var known = options.PublicUrl is { } publicUrl ? new Uri(publicUrl) : new Uri(options.Url) is { Port: > 0 } chosen ? chosen : null;
            var changed = known is null ? null : await Announce(app, known, cancel);
            var address = await Listen(app, listeners, cancel);
            if (known is null)
                changed = await Announce(app, address, cancel);
            app.Services.GetRequiredService<Dure.Exchange.Processes.ProcessDesk>().Resume();
            app.Services.GetService<Dure.Exchange.Handover.FetchDesk>()?.Resume();
            app.Services.GetService<Dure.Exchange.Handover.PushDesk>()?.Resume();
            await app.Services.GetRequiredService<SourceRunner>().Start(cancel);
            await stores.Journal.Append("node-started", stores.Key.Id, new JsonObject { ["version"] = ThisVersion }, "node", cancel);
            var addressFile = Path.Combine(options.DataPath, SharedOptions.AddressFile);
            await File.WriteAllTextAsync(addressFile, new JsonObject { ["address"] = address.ToString(), ["mqtt"] = listeners.MqttAddresses is [var mqttAddress, ..] ? mqttAddress.ToString() : null, ["process"] = Environment.ProcessId }.ToJsonString(), cancel);
            return new NodeHost(app, stores, address, token, addressFile, [.. NotesOf(stores, resumed), .. listeners.Notes, .. mqtt.Notes, .. changed is null ? Array.Empty<string>() : [changed]]) { MqttAddresses = listeners.MqttAddresses };
        }
        catch
        {
            await mqtt.DisposeAsync();
            await stores.DisposeAsync();
            throw;
        }
    }

    public Task UntilStopped(CancellationToken cancel) => app.WaitForShutdownAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        File.Delete(addressFile);
        await app.Services.GetRequiredService<MqttDoor>().DisposeAsync(); // tells its clients; Kestrel would wait for them
        await app.StopAsync();
        await app.DisposeAsync(); // with it the sources, the run board, the responder and the gate, which write to the stores until then
        await stores.DisposeAsync();
    }

    private static Task<string?> Announce(WebApplication app, Uri address, CancellationToken cancel)
    {
        app.Services.GetRequiredService<NodeAddress>().Root = address;
        return app.Services.GetRequiredService<ExchangeIdentity>().Announce(address, cancel);
    }

    private static string ThisVersion => typeof(NodeHost).Assembly.GetName().Version!.ToString(3);

    private static WebApplication Build(NodeOptions options, NodeStores stores, NodeListeners listeners, MqttDoor mqtt, TimeProvider time)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "dure" });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBatchBytes;
            listeners.Configure(kestrel, mqtt.Serve);
        });
        // One hop between threads less per packet; nothing here blocks the thread that reads a socket.
        builder.WebHost.UseSockets(sockets => (sockets.UnsafePreferInlineScheduling, sockets.CreateBoundListenSocket) = (true, listeners.Bound));
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(options).AddSingleton(time)
            .AddSingleton(stores.Key).AddSingleton(stores.Journal).AddSingleton(stores.Blobs).AddSingleton(stores.Historian)
            .AddSingleton(stores.Datasets).AddSingleton(stores.Models).AddSingleton(stores.Predictors).AddSingleton(stores.Fleet).AddSingleton(stores.Claims).AddSingleton(stores.Tokens)
            .AddSingleton(new SessionBook(time)).AddSingleton(mqtt);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.AllowDuplicateProperties = false); // of two members of one name it is not clear which is meant
        builder.Services.AddWork();
        builder.Services.AddSingleton<SqlConsole>();
        builder.Services.AddSingleton(_ => new TableShelf(Path.Combine(options.DataPath, "uploads"), time));
        builder.Services.AddHostedService<HistorianCare>();
        builder.Services.AddActing();
        builder.Services.AddLab(options);
        builder.Services.AddSources();
        builder.Services.AddExchange(options);
        builder.Services.AddShells(stores);
        builder.Services.AddOpenApi();
        builder.Services.AddDureWeb();
        builder.Services.AddAuthentication(CallerAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.SchemeName, null);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(WebPages.Policy, policy => policy.RequireAuthenticatedUser().RequireClaim(CallerAuthentication.PermissionClaim, Permission.Read))
            .SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Services.Configure<Microsoft.AspNetCore.HostFiltering.HostFilteringOptions>(hosts => hosts.AllowedHosts = ["127.0.0.1", "localhost", "[::1]", .. options.PublicUrl is { } publicUrl ? [new Uri(publicUrl).IdnHost] : Array.Empty<string>()]);

        var app = builder.Build();
        app.UseProblems();
        app.UsePageHeaders();
        app.UseAuthentication();
        app.UseSameOriginForCookies();
        app.UseAuthorization();
        app.MapDoors();
        app.Lifetime.ApplicationStopping.Register(() => mqtt.Server?.Leave());
        return app;
    }

    private static async Task<Uri> Listen(WebApplication app, NodeListeners listeners, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException taken)
        {
            throw new ProblemException("urn:dure:node:address-taken", "The address is in use by another program.", listeners.Address.ToString(), "Stop that program, or choose another port with --url http://127.0.0.1:PORT.", taken);
        }
        return listeners.Address;
    }

    /// <summary>The administrator's token, made at the first start and kept in a file that only the node's user can read.</summary>
    private static async Task<string> AdministratorTokenOf(string folder, TokenBook tokens, CancellationToken cancel)
    {
        var file = Path.Combine(folder, SharedOptions.TokenFile);
        if (File.Exists(file) && (await File.ReadAllTextAsync(file, cancel)).Trim() is var kept && tokens.Find(kept) is not null)
            return kept;
        var (_, token) = await tokens.Issue(Role.Administrator, Role.PermissionsOf(Role.Administrator), "node", cancel);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var stream = new StreamWriter(file, options);
        await stream.WriteAsync(token.AsMemory(), cancel);
        return token;
    }

    private static List<string> NotesOf(NodeStores stores, int resumedRuns)
    {
        var notes = new List<string>();
        if (stores.Journal.Recovery is { CutBytes: > 0 } or { LostEntries: > 0 } or { IsIndexRebuilt: true, Entries: > 0 })
            notes.Add($"Journal recovered: {stores.Journal.Recovery}");
        if (stores.Historian.Recovery.ToString() is { Length: > 0 } series)
            notes.Add(series);
        if (resumedRuns > 0)
            notes.Add($"{resumedRuns} run(s) that were cut off are done again.");
        return notes;
    }
}
