using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Conformance;
using Dure.Exchange.Handover;
using Dure.Exchange.Handover.Live;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Exchange.Sharing;
using Dure.Historian;
using Dure.Node.Http.Exchange;
using Dure.Web;

namespace Dure.Node.Hosting;

/// <summary>What lets this node exchange data with others.</summary>
internal static class ExchangeServices
{
    public static void AddExchange(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton<NodeAddress>();
        services.AddHostedService<CredentialCare>();
        services.AddSingleton<RefusedTokens>();
        services.AddSingleton(provider => ExchangeIdentity.Open(provider.GetRequiredService<Journal>(), new ExchangeIdentityOptions
        {
            KeysFolder = Path.Combine(options.DataPath, "keys", "exchange"),
            Organisation = options.Organisation,
            AllowedHosts = options.ExchangeHosts,
            TrustedAlliances = [.. options.TrustedAlliances.Select(Did.Parse)],
            AsksForCredentials = options.AsksForCredentials,
        }, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<RefusedTokens>().Tell));
        services.AddSingleton(provider => ProcessBook.Read(provider.GetRequiredService<Journal>()));
        services.AddSingleton(provider => ReceivedBook.Read(provider.GetRequiredService<Journal>()));
        services.AddSingleton(provider => ObligationsOf(provider, provider.GetRequiredService<ExchangeIdentity>())).AddSingleton<DriftLook>();
        if (options.ExchangeScriptFile is { } file)
            services.AddScriptedExchange(ExchangeScript.Read(file));
        else
            services.AddPolicedExchange(options);
    }

    /// <summary>The exchange as it is: identities, policies, counted uses.</summary>
    private static void AddPolicedExchange(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton<ICallerCheck>(provider => provider.GetRequiredService<ExchangeIdentity>().Callers);
        services.AddSingleton<IPartnerClaims>(provider => provider.GetRequiredService<ExchangeIdentity>().Callers);
        services.AddSingleton<IPeerLink>(provider => LinkOf(provider.GetRequiredService<ExchangeIdentity>()));
        services.AddSingleton(provider => OfferingBook.Read(provider.GetRequiredService<Journal>()));
        services.AddSingleton(provider => UsageBook.Read(provider.GetRequiredService<Journal>()));
        services.AddSingleton(_ => TransferTokens.Open(Path.Combine(options.DataPath, "keys", "exchange", "data-door.key")));
        services.AddSingleton(_ => new ReceivedTokens(Path.Combine(options.DataPath, "secrets", "exchange")));
        services.AddSingleton<DatasetShelf>().AddSingleton<IShelf>(provider => provider.GetRequiredService<DatasetShelf>()).AddSingleton<ILanding>(provider => provider.GetRequiredService<DatasetShelf>());
        services.AddSingleton<UsageJudge>().AddSingleton<DataDoor>().AddSingleton<SharingDesk>();
        services.AddSingleton<SeriesShelf>().AddSingleton<ISeriesShelf>(provider => provider.GetRequiredService<SeriesShelf>()).AddSingleton<ISeriesLanding>(provider => provider.GetRequiredService<SeriesShelf>());
        services.AddSingleton(provider => new PushDesk(provider.GetRequiredService<ProcessDesk>(), provider.GetRequiredService<DataDoor>(), provider.GetRequiredService<IShelf>(), provider.GetRequiredService<ReceivedTokens>(),
            provider.GetRequiredService<ExchangeIdentity>().Hosts, provider.GetRequiredService<ExchangeIdentity>().Http.Streams, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new PushDoor(provider.GetRequiredService<ProcessBook>(), provider.GetRequiredService<FetchDesk>(), provider.GetRequiredService<TransferTokens>(), options.MaxPushedBytes));
        services.AddSingleton<SeriesDoor>().AddSingleton(provider => SeriesBook.Read(provider.GetRequiredService<Journal>()));
        services.AddSingleton(provider => new SeriesDesk(provider.GetRequiredService<ProcessDesk>(), provider.GetRequiredService<ReceivedBook>(), provider.GetRequiredService<ReceivedTokens>(),
            provider.GetRequiredService<SeriesBook>(), provider.GetRequiredService<ExchangeIdentity>().Http.Streams, provider.GetRequiredService<ISeriesLanding>(), options.DataPath, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new PolicyConduct(provider.GetRequiredService<OfferingBook>(), provider.GetRequiredService<ProcessBook>(), provider.GetRequiredService<UsageJudge>(),
            provider.GetRequiredService<ExchangeIdentity>(), provider.GetRequiredService<TransferTokens>(), provider.GetRequiredService<ReceivedTokens>(),
            transfer => DoorOf(provider.GetRequiredService<NodeAddress>(), transfer), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IConduct>(provider => provider.GetRequiredService<PolicyConduct>());
        services.AddSingleton(provider => new CatalogDesk(provider.GetRequiredService<OfferingBook>(), () => provider.GetRequiredService<NodeAddress>().Did.Value, () => provider.GetRequiredService<NodeAddress>().At(DspEndpoints.Root)));
        services.AddSingleton(provider => new ProtocolAddresses(provider.GetRequiredService<ExchangeIdentity>().Resolver, provider.GetRequiredService<IPeerLink>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => Desk(provider, provider.GetRequiredService<ExchangeIdentity>().Rules));
        services.AddSingleton(provider => new FetchDesk(provider.GetRequiredService<ProcessDesk>(), provider.GetRequiredService<ReceivedBook>(), provider.GetRequiredService<ReceivedTokens>(),
            provider.GetRequiredService<ExchangeIdentity>().Http.Streams, provider.GetRequiredService<ILanding>(), provider.GetRequiredService<SeriesDesk>(), Path.Combine(options.DataPath, "incoming"), provider.GetRequiredService<TimeProvider>()));
    }

    private static Obligations ObligationsOf(IServiceProvider provider, ExchangeIdentity identity) => new(provider.GetRequiredService<Journal>(), provider.GetRequiredService<ProcessBook>(),
        provider.GetRequiredService<ReceivedBook>(), PlantHistorian.Ingested, () => identity.Own.Did.Value, identity.OwnClaims, provider.GetRequiredService<TimeProvider>());

    private static Uri DoorOf(NodeAddress address, ExchangeProcess transfer) => address.At((transfer.Format switch { Dsp.SeriesFormat => SeriesEndpoints.Root, Dsp.PushFormat => PushEndpoints.Root, _ => DataEndpoints.Root }) + Uri.EscapeDataString(transfer.Pid));

    private static HttpPeerLink LinkOf(ExchangeIdentity identity) => new(identity.Http.Messages, peer => identity.Tokens.Header(Did.Parse(peer)));

    private static ProcessDesk Desk(IServiceProvider provider, AddressRules rules) => new(provider.GetRequiredService<ProcessBook>(), provider.GetRequiredService<IConduct>(), provider.GetRequiredService<IPeerLink>(),
        rules, provider.GetRequiredService<NodeAddress>().At(DspEndpoints.Root), provider.GetRequiredService<TimeProvider>());

    /// <summary>Conformance tests: a fixed header instead of identities, a script instead of policies.</summary>
    private static void AddScriptedExchange(this IServiceCollection services, ExchangeScript script)
    {
        services.AddSingleton(script);
        services.AddSingleton<ICallerCheck>(new FixedHeaderCheck(script.Authorization, ScriptedConduct.Caller));
        // A kit is wherever its callback says, on this computer too; but never where no partner can be.
        services.AddSingleton(provider => new AddressRules([], (_, _) => true, () => provider.GetRequiredService<NodeAddress>().Root));
        services.AddSingleton<GuardedHttp>();
        services.AddSingleton<IPeerLink>(provider => new HttpPeerLink(provider.GetRequiredService<GuardedHttp>().Messages, _ => script.Authorization));
        services.AddSingleton<IConduct>(provider => new ScriptedConduct(script, provider.GetRequiredService<NodeAddress>().Did.Value, provider.GetRequiredService<NodeAddress>().At("/exchange/data/"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => Desk(provider, provider.GetRequiredService<AddressRules>()));
    }
}
