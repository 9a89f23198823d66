// The same with RudderStack's Node client: node rudder_send.js HOST KEY COUNT
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const [dataPlaneUrl, writeKey, count] = process.argv.slice(2)
const client = new RudderAnalytics(writeKey, { dataPlaneUrl, flushAt: 5, flushInterval: 50, retryCount: 20 })
for (let i = 0; i < Number(count); i++) client.track({ userId: `u${i}`, event: 'Sent', properties: { i } })
client.identify({ userId: 'u1', anonymousId: 'b1', traits: { email: 'u1@example.fr', firstName: 'Una' } })
client.page({ anonymousId: 'b1', userId: '', name: 'Home', properties: { url: 'https://www.example.fr/' } })
client.screen({ userId: 'u1', name: 'Basket' })
client.group({ userId: 'u1', groupId: 'g1', traits: { plan: 'gold' } })
client.alias({ userId: 'u1', previousId: 'b2' })
await client.flush()
await new Promise((resolve) => setTimeout(resolve, 500))
await client.flush()
