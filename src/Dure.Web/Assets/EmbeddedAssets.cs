using System.Collections.Frozen;
using System.Reflection;
using Dure.Kernel;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dure.Web.Assets;

/// <summary>
/// The bundled scripts and style sheets, held in this assembly. Their address carries a hash over all of them, so that browsers may
/// keep them for ever and a new build is fetched at once; modules that import one another stay within one version.
/// </summary>
public sealed class EmbeddedAssets
{
    private const string Prefix = "assets/";
    private const string Compressed = ".br";
    private readonly FrozenDictionary<string, Asset> assets;

    public EmbeddedAssets()
    {
        var assembly = typeof(EmbeddedAssets).Assembly;
        var contents = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !name.EndsWith("manifest.json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToDictionary(name => name[Prefix.Length..], name => Read(assembly, name), StringComparer.Ordinal);
        Version = ContentHash.Of([.. contents.OrderBy(item => item.Key, StringComparer.Ordinal).SelectMany(item => item.Value)]).Short;
        assets = contents.Where(item => !item.Key.EndsWith(Compressed, StringComparison.Ordinal))
            .Select(item => new Asset(item.Key, TypeOf(item.Key), item.Value, contents[item.Key + Compressed]))
            .ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);
    }

    /// <summary>Changes when any asset changes.</summary>
    public string Version { get; }

    public IReadOnlyCollection<string> Names => assets.Keys;

    /// <summary>Where a page finds an asset, such as <c>dure.css</c>.</summary>
    public string Address(string name) => assets.ContainsKey(name)
        ? $"/assets/{Version}/{name}"
        : throw new ArgumentException($"No asset '{name}' was bundled; there are {string.Join(", ", assets.Keys.Order(StringComparer.Ordinal))}.", nameof(name));

    /// <summary>Bytes that go over the wire for an asset when the browser takes brotli.</summary>
    public int CompressedBytes(string name) => assets[name].Brotli.Length;

    /// <summary>Answers a request for an asset; an address of another build is gone.</summary>
    internal async Task Serve(HttpContext context, string version, string name)
    {
        if (version != Version || !assets.TryGetValue(name, out var asset))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var takesBrotli = context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        var body = takesBrotli ? asset.Brotli : asset.Plain;
        var headers = context.Response.Headers;
        headers[HeaderNames.CacheControl] = "public, max-age=31536000, immutable";
        headers[HeaderNames.Vary] = "Accept-Encoding";
        if (takesBrotli)
            headers[HeaderNames.ContentEncoding] = "br";
        context.Response.ContentType = asset.Type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "application/octet-stream",
    };

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!; // the name came from the assembly's own list
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private sealed record Asset(string Name, string Type, byte[] Plain, byte[] Brotli);
}
