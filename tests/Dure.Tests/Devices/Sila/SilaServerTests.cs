using Dure.Devices.Sila;
using Xunit;

namespace Dure.Tests.Devices.Sila;

/// <summary>Our server and our client over a real HTTP/2 connection. Foreign ones: <c>tests/Dure.HostTests/Devices</c>.</summary>
public sealed class SilaServerTests : IAsyncLifetime
{
    private readonly TaskCompletionSource mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SilaServer server = null!; // both are set before a test runs
    private SilaClient client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await SilaServer.Start(new SilaServerOptions { Name = "Made", Uuid = new Guid("11111111-2222-3333-4444-555555555555"), MaxExecutions = 2 }, [Reactor()], TimeProvider.System, Cancel);
        client = await SilaClient.Connect(server.Address, new SilaClientOptions { Timeout = TimeSpan.FromSeconds(30) }, TimeProvider.System, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_client_learns_the_server_by_its_definitions()
    {
        Assert.Equal(("Made", "11111111-2222-3333-4444-555555555555"), (client.ServerName, client.ServerUuid));
        Assert.Equal([MadeFeature.Identifier, SilaCore.QualifiedIdentifier], client.Features.Select(feature => feature.QualifiedIdentifier).Order(StringComparer.Ordinal));
        Assert.Equal("R-7", ((SilaValue.Text)await client.Get(MadeFeature.Identifier, "Serial", Cancel)).Value);
        await client.Call(SilaCore.QualifiedIdentifier, "SetServerName", SilaValue.Of(("ServerName", new SilaValue.Text("Anna"))), Cancel);
        Assert.Equal("Anna", ((SilaValue.Text)await client.Get(SilaCore.QualifiedIdentifier, "ServerName", Cancel)).Value);
    }

    [Fact]
    public async Task A_command_gives_back_every_kind_of_value_with_its_metadata()
    {
        var sent = SilaCodecTests.MadeValues(new Random(3));
        var answer = await client.Call(MadeFeature.Identifier, "Echo", sent, Cancel, client.Metadata(MadeFeature.Identifier, "Operator", new SilaValue.Text("Kim")));
        Assert.Equal(sent["At"], answer["At"]);
        Assert.Equal(3, ((SilaValue.List)answer["Vials"]).Items.Count);
        Assert.Equal([$"{MadeFeature.Identifier}/Command/Echo"], await client.AffectedBy(MadeFeature.Identifier, "Operator", Cancel));
    }

    [Fact]
    public async Task Missing_metadata_and_metadata_where_none_may_be_are_refused()
    {
        var missing = await Assert.ThrowsAsync<SilaException>(() => client.Call(MadeFeature.Identifier, "Echo", SilaCodecTests.MadeValues(new Random(3)), Cancel));
        Assert.Equal(nameof(SilaFrameworkError.InvalidMetadata), missing.Identifier);
        var forbidden = await Assert.ThrowsAsync<SilaException>(() => client.Call(SilaCore.QualifiedIdentifier, "GetFeatureDefinition", SilaValue.Of(("FeatureIdentifier", new SilaValue.Text(MadeFeature.Identifier))), Cancel,
            client.Metadata(MadeFeature.Identifier, "Operator", new SilaValue.Text("Kim"))));
        Assert.Equal(nameof(SilaFrameworkError.NoMetadataAllowed), forbidden.Identifier);
    }

    [Fact]
    public async Task An_observable_command_tells_progress_intermediates_and_result()
    {
        var execution = await client.Begin(MadeFeature.Identifier, "React", Wish(60), Cancel);
        var early = await Assert.ThrowsAsync<SilaException>(() => client.Result(MadeFeature.Identifier, "React", execution, Cancel));
        Assert.Equal(nameof(SilaFrameworkError.CommandExecutionNotFinished), early.Identifier);
        mayEnd.SetResult();
        var infos = new List<SilaExecutionInfo>();
        await foreach (var info in client.Watch(MadeFeature.Identifier, "React", execution, Cancel))
            infos.Add(info);
        Assert.Equal(new SilaExecutionInfo(SilaExecutionStatus.FinishedSuccessfully, 1, TimeSpan.Zero), infos[^1]);
        var steps = new List<long>();
        await foreach (var step in client.Intermediates(MadeFeature.Identifier, "React", execution, Cancel))
            steps.Add(((SilaValue.Integer)step["Progress"]).Value);
        Assert.Equal([1, 2, 3], steps);
        Assert.Equal(new SilaValue.Real(71.5), (await client.Result(MadeFeature.Identifier, "React", execution, Cancel))["Yield"]);
    }

    [Fact]
    public async Task Errors_keep_their_kind_and_identifier()
    {
        var invalid = await Assert.ThrowsAsync<SilaException>(() => client.Begin(MadeFeature.Identifier, "React", Wish(90), Cancel));
        Assert.Equal((SilaErrorKind.Validation, $"{MadeFeature.Identifier}/Command/React/Parameter/Temperature"), (invalid.Kind, invalid.Identifier));
        var nan = await Assert.ThrowsAsync<SilaException>(() => client.Begin(MadeFeature.Identifier, "React", Wish(double.NaN), Cancel));
        Assert.Equal(SilaErrorKind.Validation, nan.Kind);

        mayEnd.SetResult();
        var hot = await client.Begin(MadeFeature.Identifier, "React", Wish(89), Cancel);
        SilaExecutionInfo? last = null;
        await foreach (var info in client.Watch(MadeFeature.Identifier, "React", hot, Cancel))
            last = info;
        Assert.Equal(SilaExecutionStatus.FinishedWithError, last!.Status);
        var defined = await Assert.ThrowsAsync<SilaException>(() => client.Result(MadeFeature.Identifier, "React", hot, Cancel));
        Assert.Equal((SilaErrorKind.Defined, $"{MadeFeature.Identifier}/DefinedExecutionError/Overheated", "89 °C is too hot"), (defined.Kind, defined.Identifier, defined.Message));

        var unknown = await Assert.ThrowsAsync<SilaException>(() => client.Result(MadeFeature.Identifier, "React", Guid.Empty.ToString(), Cancel));
        Assert.Equal(nameof(SilaFrameworkError.InvalidCommandExecutionUuid), unknown.Identifier);
        var noFeature = await Assert.ThrowsAsync<SilaException>(() => client.Call(SilaCore.QualifiedIdentifier, "GetFeatureDefinition", SilaValue.Of(("FeatureIdentifier", new SilaValue.Text("org.none/x/X/v1"))), Cancel));
        Assert.EndsWith("UnimplementedFeature", noFeature.Identifier, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_all_executions_run_a_new_one_is_not_accepted()
    {
        await client.Begin(MadeFeature.Identifier, "React", Wish(60), Cancel);
        await client.Begin(MadeFeature.Identifier, "React", Wish(60), Cancel);
        var full = await Assert.ThrowsAsync<SilaException>(() => client.Begin(MadeFeature.Identifier, "React", Wish(60), Cancel));
        Assert.Equal(nameof(SilaFrameworkError.CommandExecutionNotAccepted), full.Identifier);
    }

    [Fact]
    public async Task A_subscription_tells_each_change()
    {
        var values = new List<SilaValue>();
        await foreach (var value in client.Subscribe(MadeFeature.Identifier, "Temperature", Cancel))
            values.Add(value);
        Assert.Equal([new SilaValue.Real(20), new SilaValue.Real(21.5)], values);
    }

    [Fact]
    public async Task Whatever_bytes_come_the_server_answers_and_goes_on()
    {
        var random = new Random(7);
        using var http = new HttpClient { BaseAddress = server.Address, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string[] methods = ["React", "React_Info", "React_Result", "React_Intermediate", "Echo", "Get_Serial", "Explode"];
        for (var i = 0; i < 300; i++)
        {
            var body = new byte[random.Next(40)];
            random.NextBytes(body);
            if (i % 2 == 0 && body.Length > 5)
                body = Grpc.Frame(body);
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new(i % 10 == 0 ? "text/plain" : "application/grpc");
            using var response = await http.PostAsync($"/{client.Feature(MadeFeature.Identifier).Service}/{methods[i % methods.Length]}", content, Cancel);
            await response.Content.ReadAsByteArrayAsync(Cancel);
            if (i % 10 == 0)
                Assert.Equal(System.Net.HttpStatusCode.UnsupportedMediaType, response.StatusCode);
            else
                Assert.True(response.TrailingHeaders.Contains("grpc-status") || response.Headers.Contains("grpc-status"));
        }
        Assert.Equal("R-7", ((SilaValue.Text)await client.Get(MadeFeature.Identifier, "Serial", Cancel)).Value);
    }

    [Theory]
    [InlineData("00FFFFFFFF")] // four gigabytes to come
    [InlineData("0100000000")] // compressed
    [InlineData("0000")] // cut off
    [InlineData("00000000050102")] // less than it says
    public async Task A_frame_that_promises_too_much_or_too_little_is_refused(string hex) =>
        await Assert.ThrowsAsync<GrpcException>(() => Grpc.Read(new MemoryStream(Convert.FromHexString(hex)), 1000, Cancel));

    [Fact]
    public async Task A_feature_that_is_not_served_whole_does_not_start() => await Assert.ThrowsAsync<ArgumentException>(() =>
        SilaServer.Start(new SilaServerOptions { Name = "Half", Uuid = Guid.Empty }, [new SilaService(MadeFeature.Xml)], TimeProvider.System, Cancel));

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_unavailable() =>
        Assert.Equal(GrpcStatus.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => SilaClient.Connect(new Uri("http://127.0.0.1:9"), new SilaClientOptions(), TimeProvider.System, Cancel))).Status);

    private static SilaValue.Structure Wish(double temperature) => SilaValue.Of(("Temperature", new SilaValue.Real(temperature)), ("Solvent", new SilaValue.Text("water")));

    private SilaService Reactor()
    {
        var reactor = new SilaService(MadeFeature.Xml);
        return reactor
            .OnCommand("Echo", (call, _) => Task.FromResult(call.Parameters))
            .OnObservableCommand("React", async (call, execution, cancel) =>
            {
                for (var i = 1; i <= 3; i++)
                {
                    execution.Report(i / 4.0);
                    execution.Publish(SilaValue.Of(("Progress", new SilaValue.Integer(i))));
                }
                await mayEnd.Task.WaitAsync(cancel);
                var temperature = ((SilaValue.Real)call.Parameters["Temperature"]).Value;
                return temperature <= 80 ? SilaValue.Of(("Yield", new SilaValue.Real(71.5)), ("Log", new SilaValue.List([new SilaValue.Text("done")]))) : throw reactor.Error("Overheated", $"{temperature} °C is too hot");
            })
            .OnProperty("Serial", () => new SilaValue.Text("R-7"))
            .OnSubscription("Temperature", _ => Temperatures())
            .OnMetadata("Operator", $"{MadeFeature.Identifier}/Command/Echo");
    }

    private static async IAsyncEnumerable<SilaValue> Temperatures()
    {
        yield return new SilaValue.Real(20);
        await Task.Yield();
        yield return new SilaValue.Real(21.5);
    }
}
