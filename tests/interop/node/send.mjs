// Report completions to a door of microcred with the libraries that other systems send by, one after the other.
// In:  {"sender", "url", "secret", "messages"}; what a message is, the sender of that name says
// Out: {"statuses"}: how each message was answered
import {channel} from 'node:diagnostics_channel';
import {answer, readRequest} from './documents.mjs';

const SENDERS = {standardwebhooks, tincanjs, 'ims-caliper': caliper};

// {"id", "seconds", "body"} and, where it is not the agreed one, "secret"; "format" is that of the library.
async function standardwebhooks({url, secret}) {
  const {Webhook} = await import('standardwebhooks');
  return async ({id, seconds, body, format, ...other}) => {
    const payload = JSON.stringify(body);
    const webhook = new Webhook(other.secret ?? secret, {format});
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': webhook.sign(id, new Date(seconds * 1000), payload)
    };
    return (await fetch(url, {method: 'POST', headers, body: payload})).status;
  };
}

// An array of statements, which is sent by POST, or one, which is sent by PUT.
async function tincanjs({url, secret}) {
  const {default: TinCan} = await import('tincanjs');
  const [username, password] = secret.split(':');
  const lrs = new TinCan.LRS({endpoint: url, username, password, allowFail: false});
  return message => new Promise(resolve => {
    const callback = (_error, {status}) => resolve(status);
    if(Array.isArray(message)) {
      lrs.saveStatements(message.map(one => new TinCan.Statement(one)), {callback});
    } else {
      lrs.saveStatement(new TinCan.Statement(message), {callback});
    }
  });
}

// {"event", "properties", "times"}: each entity in the properties names its kind as "entity". Every event gets an id
// of its own from the library, so what is to come again is sent several times here; each answer counts.
async function caliper({url, secret}) {
  const {default: library} = await import('ims-caliper');
  const entities = library.EntityFactory();
  const made = value => {
    if(value === null || typeof value !== 'object') {
      return value;
    }
    const {entity, ...rest} = value;
    const properties = Object.fromEntries(Object.entries(rest).map(([name, item]) => [name, made(item)]));
    return entity ? entities.create(library[entity], properties) : properties;
  };
  const client = library.HttpClient;
  client.initialize('client', {
    ...library.HttpOptions, uri: url, json: true,
    headers: {...library.HttpOptions.headers, Authorization: `Bearer ${secret}`}});
  library.Sensor.initialize('https://sensor.northbridge.example');
  library.Sensor.registerClient(client);
  return async ({event, properties, times}) => {
    const data = library.EventFactory().create(library[event], made(properties));
    const envelope = library.Sensor.createEnvelope({data});
    const statuses = [];
    for(let time = 0; time < times; time += 1) {
      const heard = answered();
      library.Sensor.sendToClient(client, envelope);
      statuses.push(await heard);
    }
    return statuses;
  };
}

// The library keeps the answer to itself; Node.js tells.
function answered() {
  const finished = channel('http.client.response.finish');
  return new Promise(resolve => {
    const listener = ({response}) => {
      finished.unsubscribe(listener);
      resolve(response.statusCode);
    };
    finished.subscribe(listener);
  });
}

const order = await readRequest();
const send = await SENDERS[order.sender](order);
const statuses = [];
for(const message of order.messages) {
  statuses.push(await send(message));
}
answer({statuses: statuses.flat()});
