using Dure.Evidence;
using Dure.Exchange.Conformance;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;

namespace Dure.Node.Hosting;

/// <summary>What lets this node exchange data with others.</summary>
internal static class ExchangeServices
{
    public static void AddExchange(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton<NodeAddress>();
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
        if (options.ExchangeScriptFile is { } file)
            services.AddScriptedExchange(ExchangeScript.Read(file));
    }

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
        services.AddSingleton(provider => new ProcessDesk(provider.GetRequiredService<ProcessBook>(), provider.GetRequiredService<IConduct>(), provider.GetRequiredService<IPeerLink>(),
            provider.GetRequiredService<AddressRules>(), provider.GetRequiredService<NodeAddress>().At(Http.Exchange.DspEndpoints.Root), provider.GetRequiredService<TimeProvider>()));
    }
}
